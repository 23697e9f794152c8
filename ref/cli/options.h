/* options.h: the words behind a subcommand.
 *
 * "--name value" or "--name=value"; a flag has no value; "--" ends the options; everything else is
 * an argument. An unknown option fails with the nearest known one. Options of a table that lets them
 * be given several times keep their order; of the others the last counts. */
#ifndef TS_CLI_OPTIONS_H
#define TS_CLI_OPTIONS_H

#include "ref/base/ctx.h"

typedef struct {
    const char *name;  /* with its dashes: "--out" */
    const char *value; /* what stands for its value in --help; NULL: a flag */
    const char *text;  /* one line */
} ts_option;

typedef struct {
    const ts_option *known;
    int argc;          /* the words, as they came */
    char *const *argv;
    const char **names, **values; /* given options: names of the table, values (NULL: a flag) */
    int given;
    const char **arguments;
    int count;
} ts_options;

/* `known` ends with {0}; --help and -h are always known. Fails with TS_ERROR_USAGE. Freed by
 * ts_options_free, also after a failure. argv (without program and subcommand) must live on. */
ts_status ts_options_parse(ts_ctx *ctx, ts_options *o, const ts_option *known, int argc,
                           char *const *argv);
void ts_options_free(ts_options *o);

bool ts_option_on(const ts_options *o, const char *name);
const char *ts_option_text(const ts_options *o, const char *name, const char *otherwise);
int ts_option_times(const ts_options *o, const char *name);
const char *ts_option_nth(const ts_options *o, const char *name, int nth); /* from 0, or NULL */

/* A number within [low, high]; anything else fails with the option's name. */
int64_t ts_option_int(ts_ctx *ctx, const ts_options *o, const char *name, int64_t otherwise,
                      int64_t low, int64_t high);
double ts_option_real(ts_ctx *ctx, const ts_options *o, const char *name, double otherwise,
                      double low, double high);

/* The word of the list (ended by NULL) that is nearest to `word`, or NULL when none is near. */
const char *ts_nearest(const char *word, const char *const *list);

#endif
