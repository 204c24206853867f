"""What is compared of an iCalendar object, as a record of the form `ical` and as a document.

One object is all components of one UID with the time zones that they use. Its bytes are its content, so every property
of it is compared by them; a store keeps little beside.
"""

from transhumance.connectors.contract import PropertyClass, PropertyTable

STANDARD = "ical"
FORM = "ical"

DOCUMENT = PropertyTable(
    STANDARD,
    (
        ("body:content", PropertyClass.CONTENT, "the iCalendar object (RFC 5545), byte for byte"),
        ("*", PropertyClass.META, "what a store says beside the object"),
    ),
)

ICAL = PropertyTable(
    FORM,
    (
        ("body:content", PropertyClass.CONTENT, "the iCalendar object (RFC 5545), byte for byte"),
        (
            "duplicate",
            PropertyClass.DERIVED,
            "another object of the container has this UID: seen again at each listing",
        ),
        ("encoding", PropertyClass.META, "how the file was encoded, where it was not UTF-8 (RFC 5545 section 6)"),
        ("*", PropertyClass.META, "what a store says beside the object"),
    ),
)
