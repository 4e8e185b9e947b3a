from .service import StockSvc
