#include "ref/cli/setup.h"

#include "ref/cli/registry.h"

#include <stdio.h>
#include <string.h>

ts_status ts_setup_how(ts_ctx *ctx, ts_how *how, ts_dtype *format, const ts_options *o)
{
    const int64_t threads = ts_option_int(ctx, o, "--threads", 0, 0, 1024);
    if (ctx->status)
        return ctx->status;
    return ts_how_from(ctx, how, format, ts_option_text(o, "--precision", "f32"),
                       ts_option_text(o, "--backend", "fast"), threads);
}

ts_status ts_setup_settings(ts_ctx *ctx, ts_how *how, ts_job *job, const ts_options *o)
{
    for (int i = 0; i < ts_option_times(o, "--set"); i++)
        if (ts_job_set(ctx, job, ts_option_nth(o, "--set", i)))
            return ctx->status;
    const json_t *sinusoid = json_object_get(job->settings, "sinusoid");
    if (!sinusoid)
        return TS_OK;
    const char *text = json_is_string(sinusoid) ? json_string_value(sinusoid) : "";
    if (strcmp(text, "f32") != 0 && strcmp(text, "f64") != 0)
        return ts_fail(ctx, TS_ERROR_USAGE, "the setting sinusoid is f64 or f32");
    how->sinusoid_f32 = strcmp(text, "f32") == 0;
    json_object_del(job->settings, "sinusoid");
    return TS_OK;
}

bool ts_setup_blames(const ts_options *o, const char *message)
{
    for (int i = 0; i < ts_option_times(o, "--set"); i++) {
        const char *word = ts_option_nth(o, "--set", i);
        char key[256];
        snprintf(key, sizeof key, "%.*s", (int)strcspn(word, "=."), word);
        if (strncmp(message, "--set", 5) == 0 || (*key && strstr(message, key)))
            return true;
    }
    return false;
}

void ts_words_add(ts_words *w, const char *word)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                               "_-./=,:+@%";
    const bool quote = !*word || word[strspn(word, safe)] != '\0';
    size_t need = strlen(word) + (w->length > 0) + (quote ? 2 : 0);
    for (const char *p = word; quote && *p; p++)
        need += *p == '\'' ? 3 : 0;
    if (w->length + need + 1 > w->room)
        return;
    if (w->length)
        w->text[w->length++] = ' ';
    if (quote)
        w->text[w->length++] = '\'';
    for (; *word; word++) {
        if (*word == '\'') {
            memcpy(w->text + w->length, "'\\''", 4);
            w->length += 4;
        } else {
            w->text[w->length++] = *word;
        }
    }
    if (quote)
        w->text[w->length++] = '\'';
    w->text[w->length] = '\0';
}
