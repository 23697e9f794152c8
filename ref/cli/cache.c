/* cache.c: fills, counts, checks and empties the folder in which samples are kept on the local disk. */
#include "ref/cache/epoch.h"
#include "ref/cache/folder.h"
#include "ref/cache/survey.h"
#include "ref/cli/command.h"
#include "ref/cli/ticker.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUFFIXES = 16 };

static const ts_option options[] = {
    {"--disk", "DIR", "the cache's folder (needed)"},
    {"--budget", "MB", "warm: of all files in it; default: no limit"},
    {"--segment", "MB", "warm: of one file (default 256)"},
    {"--zlib", "N", "warm: compress entries, 1 to 9; 0 (default): as they are"},
    {"--suffix", "END", "warm: only files whose names end so (often)"},
    {"--rank", "N", "warm: only the samples of this rank (default 0)"},
    {"--ranks", "N", "warm: of so many (default 1)"},
    {"--threads", "N", "warm: that read from the store (default 4)"},
    {"--retries", "N", "warm: further attempts at a sample (default 3)"},
    {"--timeout", "S", "warm: seconds for one attempt; 0 (default): none"},
    {"--latency", "MS", "warm: makes the store so much slower"},
    {"--bandwidth", "MBS", "warm: and a reader so slow, MB/s; 0 (default): no limit"},
    {"--pass-over", NULL, "warm: goes on after a sample that cannot be read"},
    {"--form", "NAME", "clear: only this form, as stat names it"},
    {"--format", "FORMAT", "text (default) or json"},
    {0}};

static void say(void *unused, const char *sentence)
{
    (void)unused;
    fprintf(stderr, "touchstone: %s\n", sentence);
}

static void print(const ts_options *o, json_t *report)
{
    const char *key;
    json_t *value;
    if (strcmp(ts_option_text(o, "--format", "text"), "json") == 0) {
        json_dumpf(report, stdout, JSON_INDENT(2));
        putchar('\n');
    } else {
        json_object_foreach(report, key, value)
        {
            char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(4));
            printf("%-10s %s\n", key, text ? text : "");
            free(text);
        }
    }
    json_decref(report);
}

/* Filling. ------------------------------------------------------------------------------------- */

static void warm_all(ts_ctx *ctx, ts_cache *cache, const ts_epoch_options *how,
                     ts_cache_counts *counts, int64_t *samples)
{
    const int64_t all = ts_cache_count(cache);
    int64_t *list = ts_alloc((size_t)all * sizeof *list);
    ts_entry entry;
    if (!list) {
        ts_fail(ctx, TS_ERROR_MEMORY, "cache: no memory for %lld samples", (long long)all);
        return;
    }
    *samples = ts_cache_samples(cache, list, all);
    ts_epoch *epoch = ts_epoch_open(ctx, cache, 0, list, *samples, how);
    for (int64_t i = 1; epoch && ts_epoch_next(ctx, epoch, &entry); i++) {
        ts_tell(ctx, "sample", i, *samples);
        if (!entry.data)
            say(NULL, ts_epoch_why(epoch));
    }
    ts_epoch_close(epoch, counts);
    ts_free(list);
}

static void read_how(ts_ctx *ctx, const ts_options *o, ts_remote_link *link, ts_cache_options *c,
                     ts_epoch_options *how)
{
    const int64_t mb = 1000000;
    link->latency = ts_option_real(ctx, o, "--latency", 0, 0, 1e6) * 1e-3;
    link->bandwidth = ts_option_real(ctx, o, "--bandwidth", 0, 0, 1e9) * 1e6;
    link->timeout = ts_option_real(ctx, o, "--timeout", 0, 0, 1e6);
    link->retries = (int)ts_option_int(ctx, o, "--retries", 3, 0, 100);
    link->backoff = 0.1;
    c->disk.folder = ts_option_text(o, "--disk", NULL);
    c->disk.budget = ts_option_int(ctx, o, "--budget", 0, 0, INT64_MAX / mb) * mb;
    c->disk.segment_bytes = ts_option_int(ctx, o, "--segment", 256, 1, 1 << 20) * mb;
    c->disk.zlib = (int)ts_option_int(ctx, o, "--zlib", 0, 0, 9);
    c->disk.listener.say = say;
    c->ranks = (int)ts_option_int(ctx, o, "--ranks", 1, 1, 1 << 20);
    c->rank = (int)ts_option_int(ctx, o, "--rank", 0, 0, c->ranks - 1);
    how->threads = (int)ts_option_int(ctx, o, "--threads", 4, 0, 256);
    how->ahead = 64;
    how->pass_over = ts_option_on(o, "--pass-over");
}

static void warm(ts_ctx *ctx, const ts_options *o)
{
    ts_remote_link link = {.latency = 0};
    ts_cache_options c = {.keep = TS_KEEP_RAW};
    ts_epoch_options how = {.threads = 4};
    ts_cache_counts n = {.foreign = 0};
    ts_disk_state disk;
    const ts_stage raw = {.name = "raw"};
    const char *suffixes[SUFFIXES + 1] = {NULL};
    int64_t samples = 0, unused;
    for (int i = 0; i < SUFFIXES && i < ts_option_times(o, "--suffix"); i++)
        suffixes[i] = ts_option_nth(o, "--suffix", i);
    if (ts_option_times(o, "--suffix") > SUFFIXES)
        ts_fail(ctx, TS_ERROR_USAGE, "--suffix: at most %d", SUFFIXES);
    read_how(ctx, o, &link, &c, &how);
    ts_remote *remote =
        ctx->status ? NULL : ts_remote_open(ctx, o->arguments[1], suffixes, &link);
    ts_cache *cache = remote ? ts_cache_open(ctx, remote, &raw, 1, &c) : NULL;
    if (cache) {
        warm_all(ctx, cache, &how, &n, &samples);
        ts_cache_look(cache, &disk, &unused, &unused);
        if (!disk.writing)
            ts_fail(ctx, TS_ERROR_IO, "%s: %s", c.disk.folder, disk.why);
        print(o, json_pack("{sI sI sI sI sI sI sI sI sf}", "samples", (json_int_t)samples, "there",
                           (json_int_t)n.hits[TS_DISK], "fetched", (json_int_t)n.hits[TS_REMOTE],
                           "bytes", (json_int_t)n.bytes[TS_REMOTE], "refused",
                           (json_int_t)n.refused[TS_DISK], "damaged", (json_int_t)n.damaged,
                           "failed", (json_int_t)n.failed, "retries", (json_int_t)n.retries,
                           "waited", n.waited));
    }
    ts_cache_close(cache);
    ts_remote_close(remote);
}

/* Counting, checking, emptying. ---------------------------------------------------------------- */

static json_t *forms_of(const ts_survey *s)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < s->count; i++) {
        const ts_survey_form *f = &s->forms[i];
        char dataset[24];
        snprintf(dataset, sizeof dataset, "%016llx", (unsigned long long)f->dataset);
        json_array_append_new(
            list, json_pack("{ss ss sI sI sI sI sI}", "form", f->label, "dataset", dataset,
                            "segments", (json_int_t)f->segments, "entries", (json_int_t)f->entries,
                            "bytes", (json_int_t)f->bytes, "damaged", (json_int_t)f->damaged, "cut",
                            (json_int_t)f->cut));
    }
    return list;
}

static void survey(ts_ctx *ctx, const ts_options *o, bool payloads)
{
    ts_survey s;
    const ts_listener listener = {say, NULL};
    int64_t damaged = 0;
    if (!ts_survey_folder(ctx, &s, ts_option_text(o, "--disk", NULL), payloads,
                          payloads ? &listener : NULL)) {
        for (int64_t i = 0; i < s.count; i++)
            damaged += s.forms[i].damaged + s.forms[i].cut;
        print(o, json_pack("{sI sI sI sI so}", "segments", (json_int_t)s.segments, "bytes",
                           (json_int_t)s.bytes, "unsealed", (json_int_t)s.unsealed, "foreign",
                           (json_int_t)s.foreign, "forms", forms_of(&s)));
        if (payloads && damaged)
            ts_fail(ctx, TS_ERROR_MISMATCH, "%lld damaged: what is needed is fetched again",
                    (long long)damaged);
    }
    ts_survey_free(&s);
}

static void clear(ts_ctx *ctx, const ts_options *o)
{
    const char *folder = ts_option_text(o, "--disk", NULL), *form = ts_option_text(o, "--form", NULL);
    int64_t bytes = 0, removed = 0, more;
    if (!form) {
        removed = ts_folder_clear(ctx, folder, &(ts_folder_choice){.form_only = false}, &bytes);
    } else {
        ts_survey s;
        bool known = false;
        ts_survey_folder(ctx, &s, folder, false, NULL);
        for (int64_t i = 0; i < s.count && !ctx->status; i++)
            if (strcmp(s.forms[i].label, form) == 0) {
                const ts_folder_choice choice = {true, true, s.forms[i].form, s.forms[i].dataset};
                known = true;
                removed += ts_folder_clear(ctx, folder, &choice, &more);
                bytes += more;
            }
        if (!ctx->status && !known)
            ts_fail(ctx, TS_ERROR_USAGE, "--form: %s has nothing of the form \"%s\"", folder, form);
        ts_survey_free(&s);
    }
    if (!ctx->status)
        print(o, json_pack("{sI sI}", "removed", (json_int_t)removed, "bytes", (json_int_t)bytes));
}

static int run(const ts_options *o)
{
    static const char *const actions[] = {"warm", "stat", "verify", "clear", NULL};
    const char *action = o->count ? o->arguments[0] : "", *near;
    const char *format = ts_option_text(o, "--format", "text");
    ts_ctx ctx;
    ts_ticker ticker;
    ts_ctx_open_plain(&ctx);
    ts_ticker_start(&ticker, &ctx);
    const bool warming = strcmp(action, "warm") == 0;
    if (strcmp(format, "text") != 0 && strcmp(format, "json") != 0)
        ts_fail(&ctx, TS_ERROR_USAGE, "--format: \"%s\" is not text or json", format);
    else if (o->count != 1 + warming)
        ts_fail(&ctx, TS_ERROR_USAGE, "cache: warm STORE, stat, verify or clear");
    else if (!ts_option_on(o, "--disk"))
        ts_fail(&ctx, TS_ERROR_USAGE, "cache: which folder? --disk DIR");
    else if (warming)
        warm(&ctx, o);
    else if (strcmp(action, "stat") == 0 || strcmp(action, "verify") == 0)
        survey(&ctx, o, action[0] == 'v');
    else if (strcmp(action, "clear") == 0)
        clear(&ctx, o);
    else if ((near = ts_nearest(action, actions)))
        ts_fail(&ctx, TS_ERROR_USAGE, "cache: unknown action \"%s\"; did you mean %s?", action, near);
    else
        ts_fail(&ctx, TS_ERROR_USAGE, "cache: unknown action \"%s\": warm, stat, verify or clear",
                action);
    ts_ticker_end(&ticker);
    fflush(stdout);
    const int code = ts_exit_code(&ctx);
    ts_ctx_close(&ctx);
    return code;
}

const ts_command ts_command_cache = {
    "cache",
    "warm STORE --disk DIR [OPTION]...\n"
    "       touchstone cache (stat | verify | clear) --disk DIR [OPTION]...",
    "keep the samples of a slow store on the local disk",
    "warm reads every file below the folder STORE that is not there yet, as training does in its\n"
    "first epoch; stat counts; verify reads every entry and compares its checksum (exit code 1 when\n"
    "anything is damaged); clear removes. Several of them, and training, may run on one folder at\n"
    "the same time. Ctrl-C, or a kill, loses nothing that was written whole.",
    options, run};
