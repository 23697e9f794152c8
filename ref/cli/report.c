#include "ref/cli/report.h"

#include <math.h>
#include <string.h>

ts_finding *ts_report_add(ts_ctx *ctx, ts_report *r, const char *kind, const char *name)
{
    if (r->count == r->room) {
        const int64_t room = r->room ? 2 * r->room : 16;
        ts_finding *more = ts_realloc(r->findings, (size_t)room * sizeof *more);
        if (!more) {
            ts_fail(ctx, TS_ERROR_MEMORY, "no memory for the findings about %s", r->path);
            return NULL;
        }
        r->findings = more;
        r->room = room;
    }
    ts_finding *f = &r->findings[r->count++];
    *f = (ts_finding){.kind = kind, .truth = ""};
    snprintf(f->name, sizeof f->name, "%s", name);
    f->mine.reason = f->published.reason = "";
    f->mine.where = f->published.where = -1;
    return f;
}

void ts_report_free(ts_report *r)
{
    ts_free(r->findings);
    json_decref(r->facts);
    *r = (ts_report){0};
}

bool ts_finding_passed(const ts_finding *f)
{
    return f->mine.pass && (!f->has_published || f->published.pass);
}

int64_t ts_report_failures(const ts_report *r)
{
    int64_t failures = *r->error ? 1 : 0;
    for (int64_t i = 0; i < r->count; i++)
        failures += !ts_finding_passed(&r->findings[i]);
    return failures;
}

ts_status ts_report_format_from(ts_ctx *ctx, const char *name, ts_report_format *format)
{
    static const char *const names[] = {"text", "json", "junit", "tap"};
    for (int i = 0; i < 4; i++)
        if (strcmp(name, names[i]) == 0) {
            *format = (ts_report_format)i;
            return TS_OK;
        }
    return ts_fail(ctx, TS_ERROR_USAGE, "unknown format \"%s\": text, json, junit or tap", name);
}

const char *ts_place_text(char *text, size_t room, int rank, const int64_t *size, int64_t i)
{
    int64_t index[TS_MAX_RANK] = {0};
    size_t n = 0;
    for (int a = rank - 1; a >= 0; a--) {
        index[a] = size[a] > 0 ? i % size[a] : 0;
        i = size[a] > 0 ? i / size[a] : 0;
    }
    n += (size_t)snprintf(text, room, "(");
    for (int a = 0; a < rank && n < room; a++)
        n += (size_t)snprintf(text + n, room - n, "%s%lld", a ? ", " : "", (long long)index[a]);
    if (n < room)
        snprintf(text + n, room - n, ")");
    return text;
}

/* Text. ---------------------------------------------------------------------------------------- */

static void verdict_text(char *text, size_t room, const ts_finding *f, const ts_verdict *v)
{
    char place[128] = "";
    int n = snprintf(text, room, "%.3g of the bound (%s, truth: %s), max abs %.3g, max rel %.3g, "
                     "%.3g ULP, cosine %.9f", v->ratio, ts_class_name(v->law), f->truth, v->max_abs,
                     v->max_rel, v->ulp, v->cosine);
    if (v->where >= 0 && n > 0 && (size_t)n < room)
        snprintf(text + n, room - (size_t)n, "; at %s: %.9g, truth %.9g",
                 ts_place_text(place, sizeof place, f->rank, f->size, v->where), v->got, v->want);
}

static void finding_text(FILE *to, const ts_report *r, const ts_finding *f)
{
    char text[1024];
    if (*f->note) {
        fprintf(to, "  %s %s %s: %s", f->mine.pass ? "ok  " : "FAIL", f->kind, f->name, f->note);
    } else {
        verdict_text(text, sizeof text, f, &f->mine);
        fprintf(to, "  %s %s %s: %s%s%s", f->mine.pass ? "ok  " : "FAIL", f->kind, f->name,
                f->mine.reason, *f->mine.reason ? ": " : "", text);
        if (f->has_published)
            fprintf(to, "; published %.3g of the bound", f->published.ratio);
    }
    if (!f->mine.pass)
        fprintf(to, "; repeat: %s", r->repeat);
    fputc('\n', to);
    if (f->has_published && !f->published.pass) {
        verdict_text(text, sizeof text, f, &f->published);
        fprintf(to, "  FAIL %s %s: the published value is refused: %s: %s; repeat: %s\n", f->kind,
                f->name, f->published.reason, text, r->repeat);
    }
}

void ts_report_text(FILE *to, const ts_report *r, bool verbose)
{
    const ts_finding *worst = NULL;
    double published = 0.0;
    bool compared = false;
    for (int64_t i = 0; i < r->count; i++) {
        const ts_finding *f = &r->findings[i];
        if (!worst || f->mine.ratio > worst->mine.ratio)
            worst = f;
        if (f->has_published) {
            compared = true;
            published = fmax(published, f->published.ratio);
        }
    }
    fprintf(to, "%s %s  %s %s%s%s", ts_report_failures(r) ? "FAILED" : "OK    ", r->path,
            r->module, r->format, *r->backend ? " " : "", r->backend);
    if (r->count)
        fprintf(to, "  %lld judged, worst %.3g of its bound (%s)", (long long)r->count,
                worst->mine.ratio, worst->name);
    if (compared)
        fprintf(to, ", published %.3g", published);
    if (*r->sinusoid)
        fprintf(to, ", sinusoid %s", r->sinusoid);
    if (*r->published_sinusoid && compared)
        fprintf(to, " (published %s)", r->published_sinusoid);
    if (r->expected_error)
        fprintf(to, "  fails as it must");
    fprintf(to, "  %.2f s\n", r->seconds);
    if (*r->error)
        fprintf(to, "  FAIL %s; repeat: %s\n", r->error, r->repeat);
    bool first = true;
    for (int64_t i = 0; i < r->count; i++) {
        const ts_finding *f = &r->findings[i];
        const bool passed = ts_finding_passed(f);
        if (!passed && first && f->kind[0] != 'r')
            fprintf(to, "  first to diverge, in the order of execution: %s %s\n", f->kind, f->name);
        first &= passed;
        if (!passed || verbose)
            finding_text(to, r, f);
    }
}

/* Documents. ----------------------------------------------------------------------------------- */

/* JSON has no infinity: the largest double stands for it. */
static json_t *number(double x)
{
    return isnan(x) ? json_null() : json_real(isinf(x) ? (x > 0 ? 1.7e308 : -1.7e308) : x);
}

static json_t *verdict_json(const ts_verdict *v)
{
    json_t *o = json_object();
    json_object_set_new(o, "pass", json_boolean(v->pass));
    json_object_set_new(o, "class", json_string(ts_class_name(v->law)));
    json_object_set_new(o, "ratio", number(v->ratio));
    json_object_set_new(o, "element", json_integer(v->where));
    json_object_set_new(o, "got", number(v->got));
    json_object_set_new(o, "truth", number(v->want));
    json_object_set_new(o, "max_abs", number(v->max_abs));
    json_object_set_new(o, "max_rel", number(v->max_rel));
    json_object_set_new(o, "ulp", number(v->ulp));
    json_object_set_new(o, "cosine", number(v->cosine));
    json_object_set_new(o, "reason", json_string(v->reason));
    return o;
}

static json_t *report_json(const ts_report *r)
{
    json_t *o = json_object(), *list = json_array();
    json_object_set_new(o, "case", json_string(r->path));
    json_object_set_new(o, "module", json_string(r->module));
    json_object_set_new(o, "pass", json_boolean(ts_report_failures(r) == 0));
    json_object_set_new(o, "precision", json_string(r->format));
    json_object_set_new(o, "backend", json_string(r->backend));
    json_object_set_new(o, "sinusoid", json_string(r->sinusoid));
    json_object_set_new(o, "seconds", json_real(r->seconds));
    json_object_set_new(o, "repeat", json_string(r->repeat));
    if (*r->error)
        json_object_set_new(o, "error", json_string(r->error));
    if (r->facts)
        json_object_set(o, "counted", r->facts);
    for (int64_t i = 0; i < r->count; i++) {
        const ts_finding *f = &r->findings[i];
        json_t *one = json_object();
        json_object_set_new(one, "name", json_string(f->name));
        json_object_set_new(one, "kind", json_string(f->kind));
        json_object_set_new(one, "truth_from", json_string(f->truth));
        json_object_set_new(one, "mine", verdict_json(&f->mine));
        if (f->has_published)
            json_object_set_new(one, "published", verdict_json(&f->published));
        if (*f->note)
            json_object_set_new(one, "note", json_string(f->note));
        json_array_append_new(list, one);
    }
    json_object_set_new(o, "findings", list);
    return o;
}

static void write_json(FILE *to, const ts_report *reports, int count)
{
    json_t *all = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(all, report_json(&reports[i]));
    if (json_dumpf(all, to, JSON_INDENT(1)) != 0)
        fputs("[]", to);
    fputc('\n', to);
    json_decref(all);
}

static void write_xml(FILE *to, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '&': fputs("&amp;", to); break;
        case '<': fputs("&lt;", to); break;
        case '>': fputs("&gt;", to); break;
        case '"': fputs("&quot;", to); break;
        default: fputc((unsigned char)*text < 0x20 ? ' ' : *text, to);
        }
}

static void failures_text(FILE *to, const ts_report *r)
{
    for (int64_t i = 0; i < r->count; i++)
        if (!ts_finding_passed(&r->findings[i]))
            finding_text(to, r, &r->findings[i]);
}

/* The failing lines as one text (ts_free), or NULL. */
static char *failures(const ts_report *r)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = tmpfile();
    if (!f)
        return NULL;
    if (*r->error)
        fprintf(f, "%s; repeat: %s\n", r->error, r->repeat);
    failures_text(f, r);
    const long end = ftell(f);
    rewind(f);
    text = end >= 0 ? ts_alloc((size_t)end + 1) : NULL;
    if (text) {
        size = fread(text, 1, (size_t)end, f);
        text[size] = '\0';
    }
    fclose(f);
    return text;
}

static void write_junit(FILE *to, const ts_report *reports, int count)
{
    int failed = 0;
    for (int i = 0; i < count; i++)
        failed += ts_report_failures(&reports[i]) > 0;
    fprintf(to, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"touchstone\" "
            "tests=\"%d\" failures=\"%d\">\n", count, failed);
    for (int i = 0; i < count; i++) {
        const ts_report *r = &reports[i];
        fputs("  <testcase classname=\"", to);
        write_xml(to, *r->module ? r->module : "touchstone");
        fputs("\" name=\"", to);
        write_xml(to, r->path);
        fprintf(to, "\" time=\"%.3f\">", r->seconds);
        if (ts_report_failures(r)) {
            char *text = failures(r);
            fprintf(to, "\n    <failure message=\"%lld failed\">",
                    (long long)ts_report_failures(r));
            write_xml(to, text ? text : "");
            fputs("</failure>\n  ", to);
            ts_free(text);
        }
        fputs("</testcase>\n", to);
    }
    fputs("</testsuite>\n", to);
}

static void write_tap(FILE *to, const ts_report *reports, int count)
{
    fprintf(to, "TAP version 13\n1..%d\n", count);
    for (int i = 0; i < count; i++) {
        const ts_report *r = &reports[i];
        const bool failed = ts_report_failures(r) > 0;
        fprintf(to, "%sok %d - %s %s\n", failed ? "not " : "", i + 1, r->path, r->module);
        char *text = failed ? failures(r) : NULL;
        for (char *line = text, *end; line && *line; line = end) {
            end = line + strcspn(line, "\n");
            fprintf(to, "# %.*s\n", (int)(end - line), line);
            end += *end == '\n';
        }
        ts_free(text);
    }
}

void ts_report_all(FILE *to, const ts_report *reports, int count, ts_report_format format)
{
    if (format == TS_JSON)
        write_json(to, reports, count);
    else if (format == TS_JUNIT)
        write_junit(to, reports, count);
    else if (format == TS_TAP)
        write_tap(to, reports, count);
}
