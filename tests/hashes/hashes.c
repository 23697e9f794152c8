/* hashes.c: cases: found, run in every arithmetic, hashed, compared with the known lines. */
#include "tests/hashes/hashes.h"

#include "tests/hashes/digest.h"

#include "ref/cli/runner.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

static const char corpus[] = "data/goldens";

const char *const hashes_formats[HASHES_FORMATS + 1] = {"f32", "f64",    "bf16",
                                                        "f16", "honest", "paired", NULL};

/* Names. --------------------------------------------------------------------------------------- */

typedef struct {
    char **names;
    size_t count;
} list;

static void add(list *l, const char *name)
{
    l->names = realloc(l->names, (l->count + 2) * sizeof *l->names);
    char *copy = malloc(strlen(name) + 1);
    if (!l->names || !copy)
        exit(2);
    l->names[l->count++] = strcpy(copy, name);
    l->names[l->count] = NULL;
}

static bool ends_in(const char *text, const char *end)
{
    const size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* A file that names a module is a case; a checkpoint's file or its configuration does not. */
static bool is_case(const char *path)
{
    ts_ctx ctx;
    bool found = false;
    ts_ctx_open_plain(&ctx);
    if (ends_in(path, ".safetensors")) {
        ts_safetensors *file = ts_safetensors_open(&ctx, path);
        found = file && ts_safetensors_metadata(file, "module");
        ts_safetensors_close(file);
    } else if (ends_in(path, ".json")) {
        json_t *root = json_load_file(path, 0, NULL);
        found = json_is_string(json_object_get(root, "module"));
        json_decref(root);
    }
    ts_ctx_close(&ctx);
    return found;
}

static void walk(list *l, const char *folder)
{
    struct dirent **entries;
    char path[512];
    struct stat about;
    snprintf(path, sizeof path, "%s/%s", corpus, folder);
    const int n = scandir(path, &entries, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;
        char below[384]; /* d_name has 256 at most, folders are short */
        snprintf(below, sizeof below, "%s%s%s", folder, *folder ? "/" : "", name);
        snprintf(path, sizeof path, "%s/%s", corpus, below);
        if (*name != '.' && stat(path, &about) == 0) {
            if (S_ISDIR(about.st_mode))
                walk(l, below);
            else if (is_case(path))
                add(l, below);
        }
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

char **hashes_names(void)
{
    list l = {0};
    for (int i = 0; hashes_parts[i]; i++)
        add(&l, hashes_parts[i]);
    walk(&l, "");
    return l.names;
}

void hashes_names_free(char **names)
{
    for (size_t i = 0; names && names[i]; i++)
        free(names[i]);
    free(names);
}

/* One run. ------------------------------------------------------------------------------------- */

typedef struct {
    uint64_t hash;
    char failed[32]; /* the failure that the case expects */
} result;

static void digest_value(digest *d, const char *kind, const char *name, ts_tensor t, bool details)
{
    digest own = digest_new();
    digest_text(&own, kind);
    digest_tensor(&own, name, t);
    if (details)
        fprintf(stderr, "    %s %s %016" PRIx64 "\n", kind, name, own.state);
    digest_add(d, own.state);
}

static void digest_run(digest *d, ts_ran *ran, bool details)
{
    for (int64_t i = 0; i < ts_trace_count(ran->trace); i++)
        digest_value(d, "trace", ts_trace_name(ran->trace, i), ts_trace_value(ran->trace, i), details);
    for (int64_t i = 0; i < ran->call.outputs.count; i++) {
        const char *name = ran->call.outputs.items[i].name;
        digest_value(d, "out", name, ts_ran_get(ran, TS_OUTPUT, name), details);
    }
    for (int64_t i = 0; i < ran->grads.count; i++) {
        const char *name = ran->grads.items[i].name;
        digest_value(d, "grad", name, ts_ran_get(ran, TS_GRADIENT, name), details);
    }
    if (ran->call.answer) {
        char *text = json_dumps(ran->call.answer, JSON_SORT_KEYS | JSON_COMPACT |
                                                      JSON_REAL_PRECISION(17) | JSON_ENCODE_ANY);
        if (!text)
            exit(2);
        if (details)
            fprintf(stderr, "    answer %s\n", text);
        digest_text(d, text);
        free(text);
    }
}

/* False with ctx's sentence in `said`. */
static bool run_case(result *r, const ts_case *c, const ts_how *how, bool details, char *said)
{
    ts_ran ran;
    digest d = digest_new();
    const ts_status status = ts_run(&ran, how, &c->job);
    const bool fine = !status == !c->expect;
    *r = (result){0};
    if (fine && status)
        snprintf(r->failed, sizeof r->failed, "%s", ts_status_name(status));
    else if (fine)
        digest_run(&d, &ran, details);
    else
        snprintf(said, HASHES_LINE, "%s: %s", c->path, status ? ran.ctx.message : "should fail");
    r->hash = d.state;
    ts_ran_free(&ran);
    return fine;
}

static bool same(const result *a, const result *b)
{
    return a->hash == b->hash && strcmp(a->failed, b->failed) == 0;
}

/* Lines. --------------------------------------------------------------------------------------- */

/* The tables and threads that a format asks for; all must agree. */
static bool column(result *first, const ts_case *c, const char *format, const hashes_how *how,
                   char *said)
{
    static const char *const honest[] = {"honest", NULL}, *const paired[] = {"paired", NULL};
    const bool scheme = strcmp(format, "honest") == 0 || strcmp(format, "paired") == 0;
    const char *const *tables = !scheme ? how->tables : *format == 'h' ? honest : paired;
    bool any = false;
    for (int t = 0; tables[t]; t++)
        for (int n = 0; how->threads[n]; n++) {
            ts_ctx ctx;
            ts_how one;
            ts_dtype dtype;
            result r;
            ts_ctx_open_plain(&ctx);
            ts_how_from(&ctx, &one, &dtype, scheme ? "f32" : format, scheme ? "plain" : tables[t],
                        how->threads[n]);
            snprintf(said, HASHES_LINE, "%s", ctx.message);
            const bool known = !ctx.status;
            ts_ctx_close(&ctx);
            if (!known)
                return false;
            if (scheme)
                one = ts_how_honest(&one, TS_F32, *format == 'p');
            one.trace = true;
            if (how->details)
                fprintf(stderr, "%s %s on %s, %d threads\n", c->path, format, tables[t],
                        how->threads[n]);
            if (!run_case(&r, c, &one, how->details, said))
                return false;
            if (any && !same(&r, first)) {
                snprintf(said, HASHES_LINE, "%s, %s: %s with %d threads gives other bits than %s with "
                         "%d", c->path, format, tables[t], how->threads[n], tables[0],
                         how->threads[0]);
                return false;
            }
            *first = r;
            any = true;
        }
    return any;
}

bool hashes_line(char line[HASHES_LINE], const char *name, const hashes_how *how)
{
    char path[512], said[HASHES_LINE] = "";
    ts_ctx ctx;
    ts_case c;
    if (hashes_is_part(name))
        return hashes_part(line, name);
    snprintf(path, sizeof path, "%s/%s", corpus, name);
    ts_ctx_open_plain(&ctx);
    bool fine = !ts_case_open(&ctx, &c, path);
    if (!fine)
        snprintf(said, sizeof said, "%s", ctx.message);
    size_t n = (size_t)snprintf(line, HASHES_LINE, "%s", name);
    for (int f = 0; how->formats[f] && fine; f++) {
        result r;
        fine = column(&r, &c, how->formats[f], how, said);
        if (fine && *r.failed)
            n += (size_t)snprintf(line + n, HASHES_LINE - n, " %s=error:%s", how->formats[f],
                                  r.failed);
        else if (fine)
            n += (size_t)snprintf(line + n, HASHES_LINE - n, " %s=%016" PRIx64, how->formats[f],
                                  r.hash);
    }
    if (!fine)
        snprintf(line, HASHES_LINE, "%s", said);
    ts_case_close(&c);
    ts_ctx_close(&ctx);
    return fine;
}

bool hashes_agree(const char *line, const char *known)
{
    char words[HASHES_LINE], padded[HASHES_LINE + 2], wanted[HASHES_LINE + 2];
    char *rest = NULL;
    snprintf(words, sizeof words, "%s", line);
    snprintf(padded, sizeof padded, " %s ", known);
    bool agree = true;
    for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        snprintf(wanted, sizeof wanted, " %s ", word);
        agree = agree && strstr(padded, wanted);
    }
    return agree;
}

/* Against a file. ------------------------------------------------------------------------------ */

static bool wanted(const char *name, const char *const *prefixes)
{
    bool found = !prefixes || !prefixes[0];
    for (int i = 0; prefixes && prefixes[i]; i++)
        found = found || strncmp(name, prefixes[i], strlen(prefixes[i])) == 0;
    return found;
}

static list read_lines(const char *path)
{
    list l = {0};
    char line[HASHES_LINE];
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (*line && *line != '#')
            add(&l, line);
    }
    if (file)
        fclose(file);
    return l;
}

static const char *line_of(const list *l, const char *name)
{
    const size_t n = strlen(name);
    for (size_t i = 0; i < l->count; i++)
        if (strncmp(l->names[i], name, n) == 0 && l->names[i][n] == ' ')
            return l->names[i];
    return NULL;
}

int hashes_against(const char *file, const char *const *prefixes, const hashes_how *how)
{
    list known = read_lines(file);
    char **names = hashes_names();
    int agreed = 0, wrong = 0;
    for (size_t i = 0; names[i]; i++) {
        char line[HASHES_LINE];
        if (!wanted(names[i], prefixes))
            continue;
        const char *expected = line_of(&known, names[i]);
        if (!expected)
            fprintf(stderr, "%s has no line for %s\n", file, names[i]);
        else if (!hashes_line(line, names[i], how))
            fprintf(stderr, "%s\n", line);
        else if (!hashes_agree(line, expected))
            fprintf(stderr, "other bits: %s\n  wanted    %s\n", line, expected);
        else {
            agreed++;
            continue;
        }
        wrong++;
    }
    for (size_t k = 0; k < known.count; k++) {
        bool there = false;
        for (size_t i = 0; names[i]; i++)
            there = there || line_of(&(list){&known.names[k], 1}, names[i]);
        if (!there && wanted(known.names[k], prefixes)) {
            fprintf(stderr, "%s: nothing makes the line \"%s\"\n", file, known.names[k]);
            wrong++;
        }
    }
    hashes_names_free(names);
    hashes_names_free(known.names);
    return wrong ? -1 : agreed;
}
