/* survey.c: every record of every sealed segment of a folder, counted, and read where that is wanted.
 *
 * Test: tests/cache/test_survey.c; fuzz target: segment. */
#include "ref/cache/survey.h"

#include "ref/cache/folder.h"
#include "ref/io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    ts_ctx *ctx;
    ts_survey_form found; /* of one segment */
    int fd;
    bool payloads;
    const char *path;
    const ts_listener *listener;
    ts_blob out, scratch;
} walk;

static void say(const ts_listener *listener, const char *path, const char *what, int64_t at)
{
    char sentence[512];
    snprintf(sentence, sizeof sentence, "%s: %s byte %lld", path, what, (long long)at);
    if (listener && listener->say)
        listener->say(listener->arg, sentence);
}

static void visit(void *arg, const ts_record *record, int64_t at)
{
    walk *w = arg;
    w->found.entries++;
    if (!w->payloads || w->ctx->status || ts_interrupted(w->ctx))
        return;
    if (!ts_record_load(w->ctx, w->fd, at, record, &w->out, &w->scratch) && !w->ctx->status) {
        w->found.damaged++;
        say(w->listener, w->path, "damaged: the entry at", at);
    }
}

static void add(ts_ctx *ctx, ts_survey *s, const ts_survey_form *f)
{
    for (int64_t i = 0; i < s->count; i++) {
        ts_survey_form *to = &s->forms[i];
        if (to->dataset != f->dataset || to->form != f->form)
            continue;
        to->segments++;
        to->entries += f->entries;
        to->bytes += f->bytes;
        to->damaged += f->damaged;
        to->cut += f->cut;
        return;
    }
    if (s->count == s->room) {
        const int64_t room = s->room ? 2 * s->room : 8;
        ts_survey_form *larger = ts_realloc(s->forms, (size_t)room * sizeof *larger);
        if (!larger) {
            ts_fail(ctx, TS_ERROR_MEMORY, "cache: no memory for a list of forms");
            return;
        }
        s->forms = larger;
        s->room = room;
    }
    s->forms[s->count++] = *f;
}

static void look_into(ts_survey *s, walk *w)
{
    ts_segment_head head;
    struct stat about;
    int64_t end;
    w->fd = open(w->path, O_RDONLY | O_CLOEXEC);
    if (w->fd < 0 && errno == ENOENT)
        return; /* dropped meanwhile */
    s->segments++;
    w->found = (ts_survey_form){.segments = 1};
    if (w->fd < 0 || fstat(w->fd, &about) != 0 ||
        !ts_segment_scan(w->fd, &head, visit, w, &end)) {
        s->foreign++;
        say(w->listener, w->path, "not a segment of this version: from", 0);
    } else {
        w->found.dataset = head.dataset;
        w->found.form = head.form;
        memcpy(w->found.label, head.label, sizeof head.label);
        w->found.bytes = (int64_t)about.st_size;
        w->found.cut = end < (int64_t)about.st_size;
        if (w->found.cut)
            say(w->listener, w->path, "damaged: what follows", end);
        add(w->ctx, s, &w->found);
    }
    if (w->fd >= 0)
        close(w->fd);
}

ts_status ts_survey_folder(ts_ctx *ctx, ts_survey *s, const char *folder, bool payloads,
                           const ts_listener *listener)
{
    ts_folder_list list;
    walk w = {.ctx = ctx, .payloads = payloads, .listener = listener};
    *s = (ts_survey){.forms = NULL};
    if (ctx->status)
        return ctx->status;
    if (!ts_folder_read(ctx, folder, &list))
        return ts_fail(ctx, TS_ERROR_IO, "%s: cannot list it: %s", folder, strerror(errno));
    s->bytes = list.bytes;
    s->unsealed = list.unsealed;
    for (int64_t i = 0; i < list.count && !ts_interrupted(ctx) && !ctx->status; i++) {
        char *path = ts_path_join(ctx, folder, list.names[i]);
        ts_tell(ctx, "segment", i + 1, list.count);
        w.path = path;
        if (path)
            look_into(s, &w);
        ts_free(path);
    }
    ts_blob_free(&w.out);
    ts_blob_free(&w.scratch);
    ts_folder_free(&list);
    return ctx->status;
}

void ts_survey_free(ts_survey *s)
{
    ts_free(s->forms);
    *s = (ts_survey){.forms = NULL};
}
