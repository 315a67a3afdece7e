"""Reports for people."""

REPORT = "reports/{report}.md"
PAGE = "reports/page.html"
