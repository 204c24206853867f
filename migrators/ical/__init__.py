"""What calendars and tasks share: the iCalendar object (RFC 5545) as an open document, and its codec."""
