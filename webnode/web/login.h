// Log-in and log-out of a visit, and the account forms that API and pages share.
#pragma once

#include "webnode/shop/accounts.h"
#include "webnode/shop/session.h"
#include "webnode/web/visit.h"

namespace multiaz::webnode {

// The logged-in user. kDenied ("not_logged_in", 401); every error is definite.
rt::Task<Result<User>> require_user(Shop& shop, Visit& visit);

// Both change the session id; the cart is kept.
rt::Task<Status> log_in(Shop& shop, Visit& visit, User user);
rt::Task<Status> log_out(Shop& shop, Visit& visit);

Registration read_registration(Fields& fields);
Address read_address_fields(Fields& fields);

}  // namespace multiaz::webnode
