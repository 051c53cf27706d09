#include "CInflate.h"

#include <dlfcn.h>
#include <isa-l/igzip_lib.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static struct {
    void (*init)(struct inflate_state *);
    int (*inflate)(struct inflate_state *);
    uint32_t (*crc)(uint32_t, const unsigned char *, uint64_t);
} isal;

static pthread_once_t isal_once = PTHREAD_ONCE_INIT;

static void find_isal(void) {
    void *library = dlopen("libisal.so.2", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return;
    isal.init = (void (*)(struct inflate_state *))dlsym(library, "isal_inflate_init");
    isal.crc = (uint32_t(*)(uint32_t, const unsigned char *, uint64_t))dlsym(library, "crc32_gzip_refl");
    int (*inflate)(struct inflate_state *) = (int (*)(struct inflate_state *))dlsym(library, "isal_inflate");
    if (isal.init != NULL && isal.crc != NULL) isal.inflate = inflate;
}

bool fast_inflate_available(void) {
    pthread_once(&isal_once, find_isal);
    return isal.inflate != NULL;
}

struct fast_inflate {
    struct inflate_state state;
    /// The state at the start of the present piece of input, kept while the last block has not been seen.
    struct inflate_state saved;
    struct inflate_state probe;
    const uint8_t *input;
    uint32_t input_count;
    uint64_t fed_before; ///< bytes of the stream before `input`
    int64_t last_block_bit;
    uint8_t scratch[1 << 16];
};

/// Copies what is in use of a state: its last field is a large window, filled from the front.
static void copy_state(struct inflate_state *to, const struct inflate_state *from) {
    size_t window = from->tmp_out_valid < 0 ? 0 : (size_t)from->tmp_out_valid;
    if (window > sizeof from->tmp_out_buffer) window = sizeof from->tmp_out_buffer;
    memcpy(to, from, offsetof(struct inflate_state, tmp_out_buffer) + window);
}

struct fast_inflate *fast_inflate_new(void) {
    if (!fast_inflate_available()) return NULL;
    struct fast_inflate *inflate = calloc(1, sizeof *inflate);
    if (inflate != NULL) fast_inflate_reset(inflate);
    return inflate;
}

void fast_inflate_free(struct fast_inflate *inflate) { free(inflate); }

void fast_inflate_reset(struct fast_inflate *inflate) {
    isal.init(&inflate->state);
    inflate->state.avail_in = 0;
    inflate->input = NULL;
    inflate->input_count = 0;
    inflate->fed_before = 0;
    inflate->last_block_bit = -1;
}

void fast_inflate_feed(struct fast_inflate *inflate, const void *bytes, uint32_t count) {
    inflate->fed_before += inflate->input_count;
    inflate->input = bytes;
    inflate->input_count = count;
    // Most streams of a wheel are a single block: its header is the first bit.
    if (inflate->fed_before == 0 && count > 0 && (inflate->input[0] & 1)) inflate->last_block_bit = 0;
    if (inflate->last_block_bit < 0) copy_state(&inflate->saved, &inflate->state);
    inflate->state.next_in = (uint8_t *)bytes;
    inflate->state.avail_in = count;
}

/// Decodes `count` bytes at `bytes` as far as they go, dropping the output.
static bool advance(struct fast_inflate *inflate, struct inflate_state *state, const uint8_t *bytes, uint32_t count) {
    state->next_in = (uint8_t *)bytes;
    state->avail_in = count;
    do {
        state->next_out = inflate->scratch;
        state->avail_out = sizeof inflate->scratch;
        if (isal.inflate(state) != ISAL_DECOMP_OK) return false;
    } while (state->avail_out == 0 && state->block_state != ISAL_BLOCK_FINISH);
    return true;
}

/// Finds the header of the last block, which was read somewhere in the present piece.
///
/// Bytes are given to copies of the saved state until the smallest number of them is known with which the header's
/// first bit is read. With one byte less that bit was out of reach, so it is in the last of these bytes, and the
/// decoder has had no room to go on: it keeps an incomplete header (of a block with its own codes, or a stored one)
/// untouched, or has read exactly the three bits that are the whole header of a block with fixed codes.
static bool locate_last_block(struct fast_inflate *inflate) {
    uint32_t low = 0;
    uint32_t high = inflate->input_count - inflate->state.avail_in;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        copy_state(&inflate->probe, &inflate->saved);
        if (!advance(inflate, &inflate->probe, inflate->input + low, middle - low)) return false;
        if (inflate->probe.bfinal) {
            high = middle;
        } else {
            copy_state(&inflate->saved, &inflate->probe);
            low = middle;
        }
    }
    if (high != low + 1 || !advance(inflate, &inflate->saved, inflate->input + low, 1)) return false;
    if (!inflate->saved.bfinal) return false;
    int64_t bit = (int64_t)(inflate->fed_before + high) * 8 - inflate->saved.read_in_length;
    if (inflate->saved.block_state == ISAL_BLOCK_HDR) {
        bit -= (int64_t)inflate->saved.tmp_in_size * 8;
    } else {
        bit -= 3;
    }
    // The header's first bit must be in the byte that was given last, and set.
    int64_t inside = bit - (int64_t)(inflate->fed_before + low) * 8;
    if (inside < 0 || inside > 7 || !(inflate->input[low] >> inside & 1)) return false;
    inflate->last_block_bit = bit;
    return true;
}

int64_t fast_inflate_run(struct fast_inflate *inflate, void *output, uint32_t capacity) {
    struct inflate_state *state = &inflate->state;
    state->next_out = output;
    state->avail_out = capacity;
    if (isal.inflate(state) != ISAL_DECOMP_OK) return -1;
    if (inflate->last_block_bit < 0 && state->bfinal && !locate_last_block(inflate)) return -1;
    return (int64_t)capacity - state->avail_out;
}

bool fast_inflate_finished(const struct fast_inflate *inflate) {
    return inflate->state.block_state == ISAL_BLOCK_FINISH;
}

uint64_t fast_inflate_end_bit(const struct fast_inflate *inflate) {
    uint64_t consumed = inflate->fed_before + inflate->input_count - inflate->state.avail_in;
    return consumed * 8 - (uint64_t)inflate->state.read_in_length;
}

int64_t fast_inflate_last_block_bit(const struct fast_inflate *inflate) { return inflate->last_block_bit; }

uint32_t fast_crc32(uint32_t crc, const void *bytes, size_t count) { return isal.crc(crc, bytes, count); }
