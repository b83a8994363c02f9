/* report_page.h - a report as one HTML page that needs nothing else: report_page.html with the report in it as JSON. */
#pragma once

#include "cli/report.h"

#include <stdio.h>

/* False: a write failed. */
bool report_page_write(const struct report *report, FILE *out) MUST_CHECK;

/* The data alone, as the page has it, on one line. */
bool report_page_write_data(const struct report *report, FILE *out) MUST_CHECK;
