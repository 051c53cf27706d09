#include <openssl/sha.h>
#include <stddef.h>

// The functions for one digest, not those for any (EVP): these read no configuration and load no provider, which takes
// as long as a small program. OpenSSL 3 calls them deprecated, and has them as long as its interface is that of 3.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"

static inline void sha256_begin(SHA256_CTX *context) { SHA256_Init(context); }

static inline void sha256_add(SHA256_CTX *context, const void *bytes, size_t count) {
    SHA256_Update(context, bytes, count);
}

/// `digest` has room for 32 bytes.
static inline void sha256_end(SHA256_CTX *context, unsigned char *digest) { SHA256_Final(digest, context); }

#pragma clang diagnostic pop
