from .model import Contract
