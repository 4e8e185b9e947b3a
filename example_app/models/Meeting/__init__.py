from .model import Meeting
