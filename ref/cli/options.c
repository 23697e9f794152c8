#include "ref/cli/options.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 64 };

/* Levenshtein's distance: letters to change, insert or drop. */
static int distance(const char *a, const char *b)
{
    int row[LONGEST + 1];
    const int n = (int)strlen(b);
    if (n > LONGEST || strlen(a) > LONGEST)
        return 1 << 20;
    for (int j = 0; j <= n; j++)
        row[j] = j;
    for (int i = 1; a[i - 1]; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= n; j++) {
            const int change = diagonal + (a[i - 1] != b[j - 1]);
            const int drop = row[j] + 1, insert = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = change < drop ? change : drop;
            row[j] = row[j] < insert ? row[j] : insert;
        }
    }
    return row[n];
}

const char *ts_nearest(const char *word, const char *const *list)
{
    const char *best = NULL;
    int least = 1 + (int)strlen(word) / 3;
    for (; *list; list++) {
        const int d = distance(word, *list);
        if (d <= least) {
            least = d - 1;
            best = *list;
        }
    }
    return best;
}

static ts_status unknown(ts_ctx *ctx, const ts_option *known, const char *word, int length)
{
    const char *names[LONGEST + 2];
    char name[LONGEST + 1];
    int n = 0;
    for (; n < LONGEST && known[n].name; n++)
        names[n] = known[n].name;
    names[n++] = "--help";
    names[n] = NULL;
    snprintf(name, sizeof name, "%.*s", length, word);
    const char *near = ts_nearest(name, names);
    return ts_fail(ctx, TS_ERROR_USAGE, "unknown option %.*s%s%s%s", length, word,
                   near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

static const ts_option help = {"--help", NULL, "this text"};

static const ts_option *find(const ts_option *known, const char *word, int length)
{
    for (; known->name; known++)
        if ((int)strlen(known->name) == length && strncmp(known->name, word, (size_t)length) == 0)
            return known;
    if (strncmp(word, "--help", (size_t)length) == 0 && (length == 6 || length == 0))
        return &help;
    return strcmp(word, "-h") == 0 ? &help : NULL;
}

/* Takes the option at argv[*i], and the next word when that is its value. */
static ts_status take(ts_ctx *ctx, ts_options *o, int *i)
{
    const char *word = o->argv[*i], *equals = strchr(word, '=');
    const int length = equals ? (int)(equals - word) : (int)strlen(word);
    const ts_option *option = find(o->known, word, length);
    const char *value = NULL;
    if (!option)
        return unknown(ctx, o->known, word, length);
    if (!option->value && equals)
        return ts_fail(ctx, TS_ERROR_USAGE, "%s takes no value", option->name);
    if (option->value && equals)
        value = equals + 1;
    else if (option->value && *i + 1 < o->argc)
        value = o->argv[++*i];
    else if (option->value)
        return ts_fail(ctx, TS_ERROR_USAGE, "%s needs a value: %s %s", option->name, option->name,
                       option->value);
    o->names[o->given] = option->name;
    o->values[o->given++] = value;
    return TS_OK;
}

ts_status ts_options_parse(ts_ctx *ctx, ts_options *o, const ts_option *known, int argc,
                           char *const *argv)
{
    const size_t room = (size_t)argc + 1;
    *o = (ts_options){.known = known, .argc = argc, .argv = argv};
    o->names = ts_alloc_zero(room, sizeof *o->names);
    o->values = ts_alloc_zero(room, sizeof *o->values);
    o->arguments = ts_alloc_zero(room, sizeof *o->arguments);
    if (!o->names || !o->values || !o->arguments)
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for %d words", argc);
    bool options = true;
    for (int i = 0; i < argc && !ctx->status; i++) {
        if (options && strcmp(argv[i], "--") == 0)
            options = false;
        else if (options && argv[i][0] == '-' && argv[i][1] != '\0')
            take(ctx, o, &i);
        else
            o->arguments[o->count++] = argv[i];
    }
    return ctx->status;
}

void ts_options_free(ts_options *o)
{
    ts_free(o->names);
    ts_free(o->values);
    ts_free(o->arguments);
    *o = (ts_options){0};
}

int ts_option_times(const ts_options *o, const char *name)
{
    int times = 0;
    for (int i = 0; i < o->given; i++)
        times += strcmp(o->names[i], name) == 0;
    return times;
}

const char *ts_option_nth(const ts_options *o, const char *name, int nth)
{
    for (int i = 0; i < o->given; i++)
        if (strcmp(o->names[i], name) == 0 && nth-- == 0)
            return o->values[i];
    return NULL;
}

bool ts_option_on(const ts_options *o, const char *name)
{
    return ts_option_times(o, name) > 0;
}

const char *ts_option_text(const ts_options *o, const char *name, const char *otherwise)
{
    const int times = ts_option_times(o, name);
    return times ? ts_option_nth(o, name, times - 1) : otherwise;
}

int64_t ts_option_int(ts_ctx *ctx, const ts_options *o, const char *name, int64_t otherwise,
                      int64_t low, int64_t high)
{
    const char *text = ts_option_text(o, name, NULL);
    char *end;
    if (!text)
        return otherwise;
    errno = 0;
    const long long value = strtoll(text, &end, 10);
    if (end == text || *end || errno || value < low || value > high) {
        ts_fail(ctx, TS_ERROR_USAGE, "%s: expected a whole number from %lld to %lld, got \"%s\"",
                name, (long long)low, (long long)high, text);
        return otherwise;
    }
    return value;
}

double ts_option_real(ts_ctx *ctx, const ts_options *o, const char *name, double otherwise,
                      double low, double high)
{
    const char *text = ts_option_text(o, name, NULL);
    char *end;
    if (!text)
        return otherwise;
    const double value = strtod(text, &end);
    if (end == text || *end || !(value >= low && value <= high)) {
        ts_fail(ctx, TS_ERROR_USAGE, "%s: expected a number from %g to %g, got \"%s\"", name, low,
                high, text);
        return otherwise;
    }
    return value;
}
