// Tickets: the sessions that clients bring back, sealed with keys that follow from a secret which
// all nodes know, so that each resumes the sessions of the others and none keeps anything.
#pragma once

struct ssl_ctx_st;

namespace multiaz::tls {

// The sessions of `raw` must have their Context as application data (Session sees to that).
void use_tickets(ssl_ctx_st* raw);

}  // namespace multiaz::tls
