/* survey.h: what a cache folder holds, without knowing where it came from. */
#ifndef TS_CACHE_SURVEY_H
#define TS_CACHE_SURVEY_H

#include "ref/cache/disk.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The segments of one dataset in one form. */
typedef struct {
    uint64_t dataset, form;
    char label[TS_LABEL];
    int64_t segments, entries, bytes; /* bytes: of their files */
    int64_t damaged;                  /* entries whose bytes are not what was written */
    int64_t cut;                      /* segments that end before their file does */
} ts_survey_form;

typedef struct {
    ts_survey_form *forms; /* ts_survey_free */
    int64_t count, room;
    int64_t segments, bytes; /* of all sealed ones, those that cannot be read included */
    int64_t foreign;         /* files that cannot be read as segments of this version */
    int64_t unsealed;        /* being written, or left by a process that was killed */
} ts_survey;

/* Walks over all sealed segments; with `payloads` every entry is read and checked. The listener hears
 * of each thing that is damaged. Fails when the folder cannot be listed. */
ts_status ts_survey_folder(ts_ctx *ctx, ts_survey *survey, const char *folder, bool payloads,
                           const ts_listener *listener);
void ts_survey_free(ts_survey *survey);

#ifdef __cplusplus
}
#endif
#endif
