// Swift cannot call variadic functions such as curl_easy_setopt(3), so each form that is used has a function here.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <fcntl.h>
#include <sys/socket.h>

typedef size_t (*curl_bytes_callback)(char *bytes, size_t size, size_t count, void *context);
typedef int (*curl_rewind_callback)(void *context, curl_off_t offset, int origin);

static inline CURLcode curl_set_number(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode curl_set_size(CURL *handle, CURLoption option, long long value) {
    return curl_easy_setopt(handle, option, (curl_off_t)value);
}

static inline CURLcode curl_set_text(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode curl_set_bytes_callback(CURL *handle, CURLoption option, curl_bytes_callback callback) {
    return curl_easy_setopt(handle, option, callback);
}

static inline CURLcode curl_set_rewind_callback(CURL *handle, curl_rewind_callback callback) {
    return curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, callback);
}

// The bytes are copied.
static inline CURLcode curl_set_blob(CURL *handle, CURLoption option, const void *bytes, size_t size) {
    struct curl_blob blob = {(void *)bytes, size, CURL_BLOB_COPY};
    return curl_easy_setopt(handle, option, &blob);
}

static inline CURLcode curl_get_number(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}

// Only http and https, whatever else the library can. By the older option, which every version has.
static inline CURLcode curl_allow_web_only(CURL *handle) {
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
    return curl_easy_setopt(handle, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#pragma clang diagnostic pop
}

static inline curl_socket_t curl_open_closing_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
    (void)context;
    (void)purpose;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// The library itself lets child processes inherit its sockets.
static inline CURLcode curl_close_sockets_on_exec(CURL *handle) {
    return curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, curl_open_closing_socket);
}

static inline CURLcode curl_start_library(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }
