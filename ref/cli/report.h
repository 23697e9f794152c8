/* report.h: what `check` found, and saying it as text, JSON, JUnit or TAP. */
#ifndef TS_CLI_REPORT_H
#define TS_CLI_REPORT_H

#include "ref/base/ctx.h"
#include "ref/base/judge.h"

#include <jansson.h>
#include <stdio.h>

/* One tensor, or one row of answers, judged. */
typedef struct {
    char name[192];
    const char *kind;  /* "output", "trace", "gradient", "row" */
    int order;         /* findings are told in the order of execution */
    int rank;
    int64_t size[TS_MAX_RANK];
    ts_verdict mine, published;
    bool has_published; /* the published program's value was judged, too */
    const char *truth;  /* where the truth is from: "case", "own f64 run", "published" */
    char note[256];     /* instead of numbers: "missing", "(2, 3) F32 where (3, 2) is expected" */
} ts_finding;

typedef struct {
    const char *path;
    char module[192];
    const char *format, *backend; /* "f32", "fast"; backend "" when an output was brought along */
    ts_finding *findings;
    int64_t count, room;
    char error[TS_MESSAGE];       /* the case could not be judged, or not run: a failure */
    bool expected_error;          /* it had to fail, and did so in the right way */
    const char *sinusoid;         /* which truth was met: "f64", "f32"; "" where there is one truth */
    const char *published_sinusoid;
    ts_status status;             /* of that failure */
    double seconds;
    json_t *facts;                /* what the run counted, or NULL; the report's */
    char repeat[2048];            /* the command that repeats this case */
} ts_report;

/* A new finding, or NULL without memory (the context then has failed). */
ts_finding *ts_report_add(ts_ctx *ctx, ts_report *r, const char *kind, const char *name);
void ts_report_free(ts_report *r);

bool ts_finding_passed(const ts_finding *f); /* mine and, where judged, the published value */
int64_t ts_report_failures(const ts_report *r); /* findings that failed; 1 for an error */

typedef enum { TS_TEXT, TS_JSON, TS_JUNIT, TS_TAP } ts_report_format;
ts_status ts_report_format_from(ts_ctx *ctx, const char *name, ts_report_format *format);

/* Text is told case by case; the others as one document when all cases are done. */
void ts_report_text(FILE *to, const ts_report *r, bool verbose);
void ts_report_all(FILE *to, const ts_report *reports, int count, ts_report_format format);

/* "(0, 3, 4)" for element i. */
const char *ts_place_text(char *text, size_t room, int rank, const int64_t *size, int64_t i);

#endif
