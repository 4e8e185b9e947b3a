from .model import Guest
