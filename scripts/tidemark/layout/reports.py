"""Reports for people."""

REPORT = "reports/{report}.md"
