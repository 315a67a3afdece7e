"""Whether the time zone of daily dates can matter."""


def has_offset(date_format: str) -> bool:
    """Whether stamps of one of these formats say themselves how far they are from UTC."""
    directives = date_format.replace("%%", "")
    epoch = any(one.startswith("epoch_") for one in date_format.split(" | "))
    return epoch or "%z" in directives or "%Z" in directives


def without_effect(time_zone: str) -> tuple[str, str]:
    """What is wrong with a zone of dates without an offset that end no day, and the cure."""
    return (
        f"{time_zone} can have no effect, since daily dates without an offset are taken as written",
        "set time_zone: UTC (hours of releases have a release_zone of their own); or, if the file"
        " has offsets, say so with %z in date_format",
    )
