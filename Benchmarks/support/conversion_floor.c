// The least that making a layer of a wheel can cost: every member inflated once (ISA-L), the inflated bytes hashed once,
// the compressed bytes hashed once and written once, with a thread for each of the three. No tar headers, no joining,
// no checks.
//
//     conversion_floor WHEEL OUTPUT < LIST        LIST: a line for each member, offset and compressed size
#define _GNU_SOURCE
#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 1 << 18, PIECES = 64 };

struct ring {
    unsigned char *bytes[PIECES];
    size_t counts[PIECES];
    unsigned long filled, emptied;
    int ended, output;
    EVP_MD_CTX *hash;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
};

static void *consume(void *argument) {
    struct ring *ring = argument;
    for (;;) {
        pthread_mutex_lock(&ring->lock);
        while (ring->filled == ring->emptied && !ring->ended) pthread_cond_wait(&ring->changed, &ring->lock);
        int done = ring->filled == ring->emptied;
        pthread_mutex_unlock(&ring->lock);
        if (done) return NULL;
        size_t slot = ring->emptied % PIECES, count = ring->counts[slot];
        EVP_DigestUpdate(ring->hash, ring->bytes[slot], count);
        if (ring->output >= 0 && write(ring->output, ring->bytes[slot], count) != (ssize_t)count) exit(3);
        pthread_mutex_lock(&ring->lock);
        ring->emptied++;
        pthread_cond_signal(&ring->changed);
        pthread_mutex_unlock(&ring->lock);
    }
}

static void start(struct ring *ring, int output) {
    for (int slot = 0; slot < PIECES; slot++) ring->bytes[slot] = malloc(PIECE);
    ring->output = output;
    ring->hash = EVP_MD_CTX_new();
    EVP_DigestInit_ex(ring->hash, EVP_sha256(), NULL);
    pthread_mutex_init(&ring->lock, NULL);
    pthread_cond_init(&ring->changed, NULL);
    pthread_create(&ring->thread, NULL, consume, ring);
}

// The piece to fill next.
static unsigned char *piece(struct ring *ring) {
    pthread_mutex_lock(&ring->lock);
    while (ring->filled - ring->emptied == PIECES) pthread_cond_wait(&ring->changed, &ring->lock);
    pthread_mutex_unlock(&ring->lock);
    return ring->bytes[ring->filled % PIECES];
}

static void push(struct ring *ring, size_t count) {
    if (count == 0) return;
    ring->counts[ring->filled % PIECES] = count;
    pthread_mutex_lock(&ring->lock);
    ring->filled++;
    pthread_cond_signal(&ring->changed);
    pthread_mutex_unlock(&ring->lock);
}

static void finish(struct ring *ring) {
    pthread_mutex_lock(&ring->lock);
    ring->ended = 1;
    pthread_cond_signal(&ring->changed);
    pthread_mutex_unlock(&ring->lock);
    pthread_join(ring->thread, NULL);
}

static double seconds(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int count, char **arguments) {
    if (count != 3) return 2;
    int wheel = open(arguments[1], O_RDONLY);
    static struct ring inflated, compressed;
    double from = seconds(CLOCK_MONOTONIC);
    start(&inflated, -1);
    start(&compressed, open(arguments[2], O_WRONLY | O_CREAT | O_TRUNC, 0644));
    size_t offset, size, made = 0, filled = 0;
    struct inflate_state state;
    unsigned char *output = piece(&inflated);
    while (scanf("%zu %zu", &offset, &size) == 2) {
        isal_inflate_init(&state);
        for (size_t done = 0; done < size;) {
            size_t part = size - done < PIECE ? size - done : PIECE;
            unsigned char *input = piece(&compressed);
            if (pread(wheel, input, part, offset + done) != (ssize_t)part) return 3;
            done += part;
            state.next_in = input;
            state.avail_in = part;
            do {
                state.next_out = output + filled;
                state.avail_out = PIECE - filled;
                if (isal_inflate(&state) != ISAL_DECOMP_OK) return 4;
                made += PIECE - filled - state.avail_out;
                filled = PIECE - state.avail_out;
                if (filled == PIECE) {
                    push(&inflated, filled);
                    output = piece(&inflated);
                    filled = 0;
                }
            } while (filled == 0 && state.block_state != ISAL_BLOCK_FINISH);
            push(&compressed, part);
        }
    }
    push(&inflated, filled);
    finish(&inflated);
    finish(&compressed);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"seconds\": %.4f, \"cpu_seconds\": %.4f, \"peak_mb\": %.1f, \"bytes\": %zu}\n",
           seconds(CLOCK_MONOTONIC) - from, seconds(CLOCK_PROCESS_CPUTIME_ID), usage.ru_maxrss / 1024.0, made);
    return 0;
}
