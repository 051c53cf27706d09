#include <curl/system.h>
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>

// What is defined here under libcurl's names must never be found by libcurl itself, or by another library.
#pragma GCC visibility push(hidden)
#define CURL_DISABLE_TYPECHECK
#include "CCurl.h"
#pragma GCC visibility pop

// X(name) for each function that is used.
#define CURL_FUNCTIONS(X)                                                                                              \
    X(curl_global_init)                                                                                                \
    X(curl_easy_init)                                                                                                  \
    X(curl_easy_reset)                                                                                                 \
    X(curl_easy_cleanup)                                                                                               \
    X(curl_easy_setopt)                                                                                                \
    X(curl_easy_getinfo)                                                                                               \
    X(curl_easy_strerror)                                                                                              \
    X(curl_multi_init)                                                                                                 \
    X(curl_multi_cleanup)                                                                                              \
    X(curl_multi_add_handle)                                                                                           \
    X(curl_multi_remove_handle)                                                                                        \
    X(curl_multi_poll)                                                                                                 \
    X(curl_multi_perform)                                                                                              \
    X(curl_multi_info_read)                                                                                            \
    X(curl_slist_append)                                                                                               \
    X(curl_slist_free_all)                                                                                             \
    X(curl_getdate)                                                                                                    \
    X(curl_url)                                                                                                        \
    X(curl_url_cleanup)                                                                                                \
    X(curl_url_set)                                                                                                    \
    X(curl_url_get)                                                                                                    \
    X(curl_free)

static struct {
#define MEMBER(name) __typeof__(name) *name;
    CURL_FUNCTIONS(MEMBER)
    bool is_complete;
} library;

static pthread_once_t library_once = PTHREAD_ONCE_INIT;

static void open_library(void) {
    void *opened = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (opened == NULL) return;
    bool is_complete = true;
#define FIND(name)                                                                                                     \
    library.name = (__typeof__(name) *)dlsym(opened, #name);                                                           \
    is_complete = is_complete && library.name != NULL;
    CURL_FUNCTIONS(FIND)
    library.is_complete = is_complete;
}

bool curl_is_available(void) {
    pthread_once(&library_once, open_library);
    return library.is_complete;
}

// MARK: Where everything begins

CURLcode curl_start_library(void) {
    return curl_is_available() ? library.curl_global_init(CURL_GLOBAL_DEFAULT) : CURLE_FAILED_INIT;
}

CURL *curl_easy_init(void) { return curl_is_available() ? library.curl_easy_init() : NULL; }

CURLM *curl_multi_init(void) { return curl_is_available() ? library.curl_multi_init() : NULL; }

CURLU *curl_url(void) { return curl_is_available() ? library.curl_url() : NULL; }

time_t curl_getdate(const char *text, const time_t *unused) {
    return curl_is_available() ? library.curl_getdate(text, unused) : -1;
}

// MARK: What is done to something that libcurl has made

void curl_easy_reset(CURL *handle) { library.curl_easy_reset(handle); }

void curl_easy_cleanup(CURL *handle) { library.curl_easy_cleanup(handle); }

const char *curl_easy_strerror(CURLcode code) { return library.curl_easy_strerror(code); }

CURLMcode curl_multi_cleanup(CURLM *handle) { return library.curl_multi_cleanup(handle); }

CURLMcode curl_multi_add_handle(CURLM *handle, CURL *easy) { return library.curl_multi_add_handle(handle, easy); }

CURLMcode curl_multi_remove_handle(CURLM *handle, CURL *easy) {
    return library.curl_multi_remove_handle(handle, easy);
}

CURLMcode curl_multi_poll(
    CURLM *handle, struct curl_waitfd others[], unsigned int count, int milliseconds, int *ready) {
    return library.curl_multi_poll(handle, others, count, milliseconds, ready);
}

CURLMcode curl_multi_perform(CURLM *handle, int *running) { return library.curl_multi_perform(handle, running); }

CURLMsg *curl_multi_info_read(CURLM *handle, int *left) { return library.curl_multi_info_read(handle, left); }

struct curl_slist *curl_slist_append(struct curl_slist *list, const char *text) {
    return curl_is_available() ? library.curl_slist_append(list, text) : NULL;
}

void curl_slist_free_all(struct curl_slist *list) {
    if (list != NULL) library.curl_slist_free_all(list);
}

void curl_url_cleanup(CURLU *parts) { library.curl_url_cleanup(parts); }

CURLUcode curl_url_set(CURLU *parts, CURLUPart part, const char *text, unsigned int flags) {
    return library.curl_url_set(parts, part, text, flags);
}

void curl_free(void *text) {
    if (text != NULL) library.curl_free(text);
}

// MARK: In other words than libcurl's

CURLUcode curl_url_part(CURLU *parts, CURLUPart part, char **text, unsigned int flags) {
    return library.curl_url_get(parts, part, text, flags);
}

CURLcode curl_set_number(CURL *handle, CURLoption option, long value) {
    return library.curl_easy_setopt(handle, option, value);
}

CURLcode curl_set_size(CURL *handle, CURLoption option, long long value) {
    return library.curl_easy_setopt(handle, option, (curl_off_t)value);
}

CURLcode curl_set_text(CURL *handle, CURLoption option, const char *value) {
    return library.curl_easy_setopt(handle, option, value);
}

CURLcode curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return library.curl_easy_setopt(handle, option, value);
}

CURLcode curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return library.curl_easy_setopt(handle, option, value);
}

CURLcode curl_set_bytes_callback(CURL *handle, CURLoption option, curl_bytes_callback callback) {
    return library.curl_easy_setopt(handle, option, callback);
}

CURLcode curl_set_rewind_callback(CURL *handle, curl_rewind_callback callback) {
    return library.curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, callback);
}

CURLcode curl_set_blob(CURL *handle, CURLoption option, const void *bytes, size_t size) {
    struct curl_blob blob = {(void *)bytes, size, CURL_BLOB_COPY};
    return library.curl_easy_setopt(handle, option, &blob);
}

CURLcode curl_get_number(CURL *handle, CURLINFO info, long *value) {
    return library.curl_easy_getinfo(handle, info, value);
}

// By the older option, which every version has.
CURLcode curl_allow_web_only(CURL *handle) {
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
    return library.curl_easy_setopt(handle, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#pragma clang diagnostic pop
}

static curl_socket_t open_closing_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
    (void)context;
    (void)purpose;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

CURLcode curl_close_sockets_on_exec(CURL *handle) {
    return library.curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, open_closing_socket);
}
