/* ticker.c: one line on the terminal that is written over and over.
 * Test: tests/cli/test_ticker.c */
#include "ref/cli/ticker.h"

#include "ref/cli/command.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

double ts_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Steps are told as they begin (0 of 28), everything else as it is done. */
static bool is_step(const ts_ticker *t)
{
    return t->what && strcmp(t->what, "step") == 0 && t->done < t->total;
}

static void show(ts_ticker *t, const char *line)
{
    const int n = (int)strlen(line);
    fprintf(t->to, "\r%s%*s", line, t->written > n ? t->written - n : 0, "");
    t->written = n;
    fflush(t->to);
}

static void tell(void *arg, const char *what, int64_t done, int64_t total)
{
    ts_ticker *t = arg;
    char line[128];
    const double now = ts_seconds();
    t->what = what;
    t->done = done;
    t->total = total;
    if (is_step(t) && done == 0)
        t->step_began = now;
    if (!t->to)
        return;
    if (is_step(t) && done > 0)
        snprintf(line, sizeof line, "step %lld of %lld, %.0f s left", (long long)done + 1,
                 (long long)total, (now - t->step_began) / (double)done * (double)(total - done));
    else if (is_step(t))
        snprintf(line, sizeof line, "step 1 of %lld", (long long)total);
    else if (total)
        snprintf(line, sizeof line, "%s %lld of %lld", what, (long long)done, (long long)total);
    else
        snprintf(line, sizeof line, "%s", what);
    show(t, line);
}

void ts_ticker_start(ts_ticker *t, ts_ctx *ctx)
{
    *t = (ts_ticker){.to = isatty(STDERR_FILENO) ? stderr : NULL, .began = ts_seconds()};
    ctx->progress = (ts_progress){.tell = tell, .arg = t, .stop = ts_stop_flag()};
}

void ts_ticker_end(ts_ticker *t)
{
    if (t->to && t->written)
        fprintf(t->to, "\r%*s\r", t->written, "");
    t->written = 0;
}

const char *ts_ticker_where(const ts_ticker *t, char *text, size_t room)
{
    if (is_step(t))
        snprintf(text, room, "in step %lld of %lld", (long long)t->done + 1, (long long)t->total);
    else if (t->what && strcmp(t->what, "step") == 0)
        snprintf(text, room, "after step %lld", (long long)t->done);
    else if (t->what && t->total)
        snprintf(text, room, "at %s %lld of %lld", t->what, (long long)t->done,
                 (long long)t->total);
    else if (t->what)
        snprintf(text, room, "while %s", t->what);
    else
        snprintf(text, room, "before anything was computed");
    return text;
}
