#ifndef C_CURL_H
#define C_CURL_H

#include <curl/curl.h>
#include <stdbool.h>

// libcurl is opened when the first of its functions is called, not when the program starts: it brings two dozen other
// libraries, and most commands speak to nobody. The functions that are used are defined in CCurl.c under libcurl's own
// names; any other is an error of the linker. Without libcurl they answer as it does when it has no memory left.

/// Whether libcurl is on this machine.
bool curl_is_available(void);

// Swift cannot call variadic functions such as curl_easy_setopt(3), so each form that is used has a function here.

typedef size_t (*curl_bytes_callback)(char *bytes, size_t size, size_t count, void *context);
typedef int (*curl_rewind_callback)(void *context, curl_off_t offset, int origin);

CURLcode curl_set_number(CURL *handle, CURLoption option, long value);
CURLcode curl_set_size(CURL *handle, CURLoption option, long long value);
CURLcode curl_set_text(CURL *handle, CURLoption option, const char *value);
CURLcode curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value);
CURLcode curl_set_pointer(CURL *handle, CURLoption option, void *value);
CURLcode curl_set_bytes_callback(CURL *handle, CURLoption option, curl_bytes_callback callback);
CURLcode curl_set_rewind_callback(CURL *handle, curl_rewind_callback callback);
/// The bytes are copied.
CURLcode curl_set_blob(CURL *handle, CURLoption option, const void *bytes, size_t size);
CURLcode curl_get_number(CURL *handle, CURLINFO info, long *value);
/// Only http and https, whatever else the library can.
CURLcode curl_allow_web_only(CURL *handle);
/// The library itself lets child processes inherit its sockets.
CURLcode curl_close_sockets_on_exec(CURL *handle);
CURLcode curl_start_library(void);
/// curl_url_get(3), which newer versions declare differently.
CURLUcode curl_url_part(CURLU *parts, CURLUPart part, char **text, unsigned int flags);

#endif
