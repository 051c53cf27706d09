#ifndef C_INFLATE_H
#define C_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Decodes one raw deflate stream with ISA-L and finds the bit at which the header of its last block starts.
///
/// ISA-L is looked up when the program runs, so that a machine without it still works (with zlib, see `DeflateDecoder`).
struct fast_inflate;

/// Whether ISA-L is on this machine.
bool fast_inflate_available(void);

/// A decoder at the start of a stream, or NULL without memory or ISA-L.
struct fast_inflate *fast_inflate_new(void);
void fast_inflate_free(struct fast_inflate *inflate);

/// Starts a new stream.
void fast_inflate_reset(struct fast_inflate *inflate);

/// Gives the decoder its next piece of input. The bytes must stay where they are until the piece is used up, which is
/// when `fast_inflate_run` fills less than it was given.
void fast_inflate_feed(struct fast_inflate *inflate, const void *bytes, uint32_t count);

/// Decodes into `output`. Returns the number of bytes made, or -1 when the stream is not valid.
int64_t fast_inflate_run(struct fast_inflate *inflate, void *output, uint32_t capacity);

/// Whether the last block has been decoded to its end.
bool fast_inflate_finished(const struct fast_inflate *inflate);

/// The bit at which the stream ended, counted from its start; valid when finished.
uint64_t fast_inflate_end_bit(const struct fast_inflate *inflate);

/// The bit at which the last block's header starts, or -1 while that is unknown.
int64_t fast_inflate_last_block_bit(const struct fast_inflate *inflate);

/// The CRC-32 of gzip and zip, continued from `crc`. Only where `fast_inflate_available`.
uint32_t fast_crc32(uint32_t crc, const void *bytes, size_t count);

#endif
