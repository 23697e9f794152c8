/* compose.h: put the edited region back into the original picture. */
#ifndef TS_EDIT_COMPOSE_H
#define TS_EDIT_COMPOSE_H

#include "ref/edit/pixels.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TS_FEATHER = 8 }; /* pixels over which the edge of the mask fades */

/* out (H, W, 3): edited inside the mask, original outside, mixed over `feather` pixels outwards from
 * the mask's edge; further away the original's bytes stand unchanged. mask (H, W): 128 and more is
 * inside. out may equal either picture's data. Fails with TS_ERROR_MEMORY. */
ts_status ts_compose(ts_ctx *ctx, uint8_t *out, ts_pixels original, const uint8_t *edited,
                     const uint8_t *mask, int feather);

#ifdef __cplusplus
}
#endif
#endif
