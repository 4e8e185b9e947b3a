from .service import CalendarSvc
