/* tokenize.c: texts to token ids, as the text encoders get them. */
#include "ref/cli/command.h"
#include "ref/io/file.h"
#include "ref/text/byt5_tokenizer.h"
#include "ref/text/clip_tokenizer.h"
#include "ref/text/t5_tokenizer.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_FOLDER "data/goldens/text/real_tokenizers"

static const ts_option options[] = {
    {"--tokenizer", "DIR", "its files, or a checkpoint; default: " DEFAULT_FOLDER "/clip or /t5"},
    {"--clean", "HOW", "of CLIP's text: fast (default), ftfy or basic"},
    {"--pad", "N", "exactly N ids: shorter texts are padded, longer ones cut, the end token kept"},
    {"--json-lines", NULL, "texts are JSON strings on standard input, one a line"},
    {0}};

typedef struct {
    ts_clip_tokenizer *clip;
    ts_t5_tokenizer *t5;
    ts_byt5_tokenizer *byt5;
    ts_clean clean;
    int64_t length; /* 0: as it comes */
} tokenizer;

static ts_status print_ids(ts_ctx *ctx, const tokenizer *t, const char *text, int64_t bytes)
{
    ts_ids ids = {.at = NULL};
    if (t->clip)
        ts_clip_tokenize(ctx, t->clip, &ids, text, bytes, t->clean, t->length, t->length);
    else if (t->t5)
        ts_t5_tokenize(ctx, t->t5, &ids, text, bytes, t->length, t->length);
    else
        ts_byt5_tokenize(ctx, t->byt5, &ids, text, bytes, t->length, t->length);
    if (!ctx->status) {
        putchar('[');
        for (int64_t i = 0; i < ids.count; i++)
            printf("%s%lld", i ? ", " : "", (long long)ids.at[i]);
        puts("]");
    }
    ts_ids_free(&ids);
    return ctx->status;
}

/* The tokenizer's own folder: DIR, or that of the checkpoint DIR. */
static char *folder_of(ts_ctx *ctx, const ts_options *o, const char *kind, const char *component)
{
    const char *given = ts_option_text(o, "--tokenizer", NULL);
    if (!given && !ts_path_is_folder(DEFAULT_FOLDER)) {
        ts_fail(ctx, TS_ERROR_USAGE, "tokenize: which vocabulary? --tokenizer DIR (" DEFAULT_FOLDER
                                     " of the sources is not here)");
        return NULL;
    }
    if (!given)
        return ts_path_join(ctx, DEFAULT_FOLDER, kind);
    char *index = ts_path_join(ctx, given, "model_index.json");
    const bool checkpoint = index && ts_path_exists(index);
    ts_free(index);
    if (checkpoint)
        return ts_path_member(ctx, given, component);
    char *folder = ctx->status ? NULL : ts_strdup(given);
    if (!folder)
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a path");
    return folder;
}

static ts_status open_tokenizer(ts_ctx *ctx, tokenizer *t, const ts_options *o, const char *kind)
{
    const bool clip = strcmp(kind, "clip") == 0, byt5 = strcmp(kind, "byt5") == 0;
    char *folder = NULL;
    if (!clip && !byt5 && strcmp(kind, "t5") != 0)
        return ts_fail(ctx, TS_ERROR_USAGE, "tokenize: unknown tokenizer \"%s\": clip, t5 or byt5",
                       kind);
    if (!clip && ts_option_on(o, "--clean"))
        return ts_fail(ctx, TS_ERROR_USAGE, "--clean: only CLIP's text is cleaned, not that of %s",
                       kind);
    if (ts_clean_named(ctx, &t->clean, ts_option_text(o, "--clean", "fast")))
        return ctx->status;
    if (!byt5 || ts_option_on(o, "--tokenizer"))
        folder = folder_of(ctx, o, kind, clip ? "tokenizer" : "tokenizer_2");
    if (ctx->status)
        return ctx->status;
    if (clip)
        t->clip = ts_clip_tokenizer_open(ctx, folder);
    else if (!byt5)
        t->t5 = ts_t5_tokenizer_open(ctx, folder, TS_T5_ANY);
    else
        t->byt5 = folder ? ts_byt5_tokenizer_open(ctx, folder) : ts_byt5_tokenizer_new(ctx);
    ts_free(folder);
    return ctx->status;
}

/* One line of standard input. */
static ts_status print_line(ts_ctx *ctx, const tokenizer *t, const char *line, int64_t bytes,
                            int64_t number)
{
    json_error_t error;
    json_t *text = json_loadb(line, (size_t)bytes, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (!text)
        ts_fail(ctx, TS_ERROR_FORMAT, "standard input, line %lld: %s", (long long)number,
                error.text);
    else if (!json_is_string(text))
        ts_fail(ctx, TS_ERROR_FORMAT, "standard input, line %lld: not a JSON string: %.*s",
                (long long)number, bytes < 40 ? (int)bytes : 40, line);
    else if (print_ids(ctx, t, json_string_value(text), (int64_t)json_string_length(text))) {
        char said[TS_MESSAGE];
        const ts_status status = ctx->status;
        memcpy(said, ctx->message, sizeof said);
        ts_ctx_clear(ctx);
        ts_fail(ctx, status, "standard input, line %lld: %.900s", (long long)number, said);
    }
    json_decref(text);
    return ctx->status;
}

static ts_status print_lines(ts_ctx *ctx, const tokenizer *t)
{
    char *line = NULL;
    size_t room = 0;
    for (int64_t number = 1; !ctx->status; number++) {
        errno = 0;
        ssize_t n = getline(&line, &room, stdin);
        if (*ts_stop_flag())
            ts_fail(ctx, TS_ERROR_INTERRUPTED, "interrupted at line %lld", (long long)number);
        else if (n < 0 && ferror(stdin))
            ts_fail(ctx, TS_ERROR_IO, "standard input, line %lld: %s", (long long)number,
                    strerror(errno));
        if (n < 0 || ctx->status)
            break;
        while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
            n--;
        print_line(ctx, t, line, (int64_t)n, number);
    }
    free(line); /* of getline */
    return ctx->status;
}

static int run(const ts_options *o)
{
    ts_ctx ctx;
    tokenizer t = {.clip = NULL};
    const bool lines = ts_option_on(o, "--json-lines");
    ts_ctx_open_plain(&ctx);
    t.length = ts_option_int(&ctx, o, "--pad", 0, 1, 1 << 20);
    if (o->count < 1)
        ts_fail(&ctx, TS_ERROR_USAGE, "tokenize: which tokenizer? clip, t5 or byt5");
    else if (lines && o->count > 1)
        ts_fail(&ctx, TS_ERROR_USAGE,
                "tokenize: with --json-lines the texts are on standard input");
    else if (!lines && o->count < 2)
        ts_fail(&ctx, TS_ERROR_USAGE, "tokenize: no text");
    else if (!ctx.status && !open_tokenizer(&ctx, &t, o, o->arguments[0])) {
        for (int i = 1; i < o->count && !ctx.status; i++)
            print_ids(&ctx, &t, o->arguments[i], (int64_t)strlen(o->arguments[i]));
        if (lines)
            print_lines(&ctx, &t);
    }
    ts_clip_tokenizer_close(t.clip);
    ts_t5_tokenizer_close(t.t5);
    ts_byt5_tokenizer_close(t.byt5);
    fflush(stdout); /* what was printed stands before what is said */
    const int code = ts_exit_code(&ctx);
    ts_ctx_close(&ctx);
    return code;
}

const ts_command ts_command_tokenize = {
    "tokenize",
    "(clip | t5 | byt5) [OPTION]... TEXT...\n"
    "       touchstone tokenize (clip | t5 | byt5) [OPTION]... --json-lines <TEXTS >IDS",
    "token ids of texts: a JSON array for each, one a line",
    "--tokenizer is a folder with vocab.json and merges.txt (clip), tokenizer.json or\n"
    "spiece.model (t5), tokenizer_config.json or added_tokens.json (byt5, which needs none), or a\n"
    "checkpoint with model_index.json. Without it clip and t5 read the published vocabularies that\n"
    "come with the sources. A line of --json-lines that is no JSON string ends the command with its\n"
    "number.",
    options, run};
