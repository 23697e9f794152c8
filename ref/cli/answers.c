#include "ref/cli/answers.h"

#include "ref/cli/registry.h"

#include <math.h>
#include <string.h>

/* What depends on a font rasteriser, by module and field. */
static const struct {
    const char *module, *fields; /* blank-separated */
    ts_answer_room room;
} rasterised[] = {
    {"glyph.placed", " font_size font_size_int ", {1.0, 0.03}},
    {"glyph.placed", " text_bbox picture_bbox probe_size layer_size paste x_s y_end ", {3.0, 0.0}},
    {"glyph.placed", " pixels ", {3.0, 0.10}},
    {"glyph.line", " ratio ", {0.0, 0.03}},
    {"glyph.line", " size ", {1.0, 0.03}},
    {"glyph.line", " bbox_50 getsize getoffset x y picture_bbox ", {3.0, 0.0}},
    {"glyph.line", " pixels ", {3.0, 0.10}},
};

static bool has_word(const char *words, const char *word)
{
    char padded[128];
    return snprintf(padded, sizeof padded, " %s ", word) < (int)sizeof padded &&
           strstr(words, padded);
}

ts_answer_room ts_answer_law(const char *module, const char *field, double largest, bool whole)
{
    for (size_t i = 0; i < sizeof rasterised / sizeof *rasterised; i++)
        if (strcmp(module, rasterised[i].module) == 0 && has_word(rasterised[i].fields, field))
            return rasterised[i].room;
    if (whole)
        return (ts_answer_room){0};
    if (strncmp(module, "glyph.", 6) == 0)
        return (ts_answer_room){1e-4, 0.0};
    if (strncmp(field, "truth_", 6) == 0)
        return (ts_answer_room){fmax(1e-9 * largest, 1e-12), 0.0};
    return (ts_answer_room){8.0 * 0x1p-24 * largest, 0.0};
}

typedef struct {
    const char *module, *field;
    double largest;
    ts_finding *f;
    char path[96]; /* of what is being compared, inside the row */
} comparison;

/* The beginning of a value as JSON. */
static void beginning(char *text, size_t room, const json_t *value)
{
    snprintf(text, room, "nothing");
    if (!value)
        return;
    const size_t n = json_dumpb(value, text, room - 1, JSON_ENCODE_ANY | JSON_COMPACT);
    text[n < room - 1 ? n : room - 1] = '\0';
}

static void differs(comparison *c, const json_t *got, const json_t *want)
{
    char a[48], b[48];
    if (!c->f->mine.pass)
        return;
    beginning(a, sizeof a, got);
    beginning(b, sizeof b, want);
    c->f->mine.pass = false;
    c->f->mine.ratio = (double)INFINITY;
    snprintf(c->f->note, sizeof c->f->note, "%s is %s, expected %s", c->path, a, b);
}

static double largest_of(const json_t *v)
{
    double most = 0.0;
    if (json_is_number(v))
        return fabs(json_number_value(v));
    const json_t *item;
    size_t i;
    json_array_foreach(v, i, item)
        most = fmax(most, largest_of(item));
    return most;
}

static void numbers(comparison *c, const json_t *got, const json_t *want)
{
    const bool whole = json_is_integer(want) && json_is_integer(got);
    const ts_answer_room room = ts_answer_law(c->module, c->field, c->largest, whole);
    const double a = json_number_value(got), b = json_number_value(want);
    const double error = fabs(a - b), allowed = fmax(room.absolute, room.relative * fabs(b));
    if (whole && room.absolute == 0.0 && room.relative == 0.0
            ? json_integer_value(got) != json_integer_value(want) : !(error <= allowed)) {
        differs(c, got, want);
        return;
    }
    c->f->mine.max_abs = fmax(c->f->mine.max_abs, error);
    if (allowed > 0.0)
        c->f->mine.ratio = fmax(c->f->mine.ratio, error / allowed);
}

static void compare(comparison *c, const json_t *got, const json_t *want, int depth);

static void descend(comparison *c, const json_t *got, const json_t *want, const char *step,
                    int depth)
{
    const size_t at = strlen(c->path);
    snprintf(c->path + at, sizeof c->path - at, "%s", step);
    compare(c, got, want, depth + 1);
    c->path[at] = '\0';
}

static void objects(comparison *c, const json_t *got, const json_t *want, int depth)
{
    for (void *i = json_object_iter((json_t *)(uintptr_t)want); i;
         i = json_object_iter_next((json_t *)(uintptr_t)want, i)) {
        const char *key = json_object_iter_key(i), *outer = c->field;
        char step[80];
        c->field = key;
        c->largest = largest_of(json_object_iter_value(i));
        snprintf(step, sizeof step, "%s%s", *c->path ? "." : "", key);
        /* Where the published code raises, ours fails in words of its own. */
        if (strcmp(key, "error") == 0 && json_object_get(got, key))
            continue;
        descend(c, json_object_get(got, key), json_object_iter_value(i), step, depth);
        c->field = outer;
    }
}

static void compare(comparison *c, const json_t *got, const json_t *want, int depth)
{
    if (got && json_is_number(got) && json_is_number(want)) {
        numbers(c, got, want);
    } else if (!got || depth > 32 || json_typeof(got) != json_typeof(want)) {
        differs(c, got, want);
    } else if (json_is_object(want)) {
        objects(c, got, want, depth);
    } else if (json_is_array(want)) {
        if (json_array_size(got) != json_array_size(want))
            differs(c, got, want);
        for (size_t i = 0; c->f->mine.pass && i < json_array_size(want); i++) {
            char step[32];
            snprintf(step, sizeof step, "[%zu]", i);
            descend(c, json_array_get(got, i), json_array_get(want, i), step, depth);
        }
    } else if (!json_equal((json_t *)(uintptr_t)got, (json_t *)(uintptr_t)want)) {
        differs(c, got, want);
    }
}

/* "row 3 \"HELLO\"" */
static ts_finding *row_finding(ts_ctx *ctx, ts_report *r, size_t i, const json_t *row)
{
    char name[128];
    const char *text = json_string_value(json_object_get(row, "text"));
    snprintf(name, sizeof name, "%zu%s%.60s%s", i, text ? " \"" : "", text ? text : "",
             text ? "\"" : "");
    ts_finding *f = ts_report_add(ctx, r, "row", name);
    if (f) {
        f->order = (int)i;
        f->mine.pass = true;
        f->truth = "case";
        snprintf(f->note, sizeof f->note, "as expected");
    }
    return f;
}

/* The fields of a row that its module answers: those the answer has, and those it should have. */
static void judge_row(comparison *c, const json_t *answer, const json_t *row, const char *outputs)
{
    int compared = 0;
    for (void *i = json_object_iter((json_t *)(uintptr_t)row); i;
         i = json_object_iter_next((json_t *)(uintptr_t)row, i)) {
        const char *key = json_object_iter_key(i);
        const json_t *want = json_object_iter_value(i), *got = json_object_get(answer, key);
        const bool named = outputs && strstr(outputs, key) && has_word(outputs, key);
        if (!got && !named)
            continue;
        compared++;
        c->field = key;
        c->largest = largest_of(want);
        snprintf(c->path, sizeof c->path, "%s", key);
        compare(c, got, want, 0);
    }
    if (compared == 0) {
        c->f->mine.pass = false;
        c->f->mine.ratio = (double)INFINITY;
        snprintf(c->f->note, sizeof c->f->note, "the module answers no field of this row");
    }
}

/* The words of "ids (n); text" between blanks, for has_word. */
static void words_of(char *to, size_t room, const char *outputs)
{
    size_t n = 0;
    to[n++] = ' ';
    for (; outputs && *outputs && n + 2 < room; outputs++)
        to[n++] = strchr(";,[]()", *outputs) ? ' ' : *outputs;
    to[n++] = ' ';
    to[n] = '\0';
}

ts_status ts_judge_answers(ts_ctx *ctx, ts_report *r, const ts_case *c, const json_t *answer)
{
    const size_t rows = json_array_size(c->job.rows);
    char outputs[1024];
    ts_call call = {0};
    const ts_module *module = ts_registry_find(ctx, c->job.module, &call);
    if (!module)
        return ctx->status;
    words_of(outputs, sizeof outputs, module->outputs);
    if (!json_is_array(answer) || json_array_size(answer) != rows)
        return ts_fail(ctx, TS_ERROR_MISMATCH, "%s answers %zu rows of %zu", c->job.module,
                       json_array_size(answer), rows);
    for (size_t i = 0; i < rows && !ctx->status; i++) {
        const json_t *row = json_array_get(c->job.rows, i);
        comparison one = {.module = c->job.module, .field = "",
                          .f = row_finding(ctx, r, i, row)};
        if (one.f)
            judge_row(&one, json_array_get(answer, i), row, outputs);
    }
    return ctx->status;
}
