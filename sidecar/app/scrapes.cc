#include "app/scrapes.h"

#include <iterator>
#include <utility>

namespace sidecar {

namespace {

constexpr ViewHead kHead{200, Metrics::kContentType, "Cache-Control: no-store\r\n"};

}  // namespace

Scrapes::Scrapes(const Metrics& metrics, Timers& timers,
                 std::function<void(std::string_view)> on_limit)
    : metrics_(metrics),
      timers_(timers),
      on_limit_(std::move(on_limit)),
      timer_(timers.make_timer([this]() { on_due(); })) {}

bool Scrapes::write_piece(Metrics::Place& place) {
  piece_.clear();
  while (piece_.size() < kPieceBytes) {
    if (!metrics_.write_next(place, piece_)) {
      return false;
    }
  }
  return true;
}

void Scrapes::open(ViewId id, const ViewRequest& request, ViewOut& out) {
  if (request.is_head_only) {
    out.reply(id, kHead, "");
    return;
  }
  if (scrapes_.size() >= kScrapesMax) {
    on_limit_("scrapes_max");
    out.reply(id, {503, "text/plain", "Retry-After: 1\r\n"}, "too many scrapes are under way\n");
    return;
  }
  Scrape scrape{&out, {}, timers_.now()};
  if (!write_piece(scrape.place)) {
    out.reply(id, kHead, piece_);
    return;
  }
  out.begin(id, kHead);
  if (out.send(id, piece_) != Flow::kDropped) {
    scrapes_.emplace(id, scrape);
    timer_->arm(timers_.now() + kBetweenPieces);
  }
}

bool Scrapes::go_on(ViewId id, Scrape& scrape) {
  if (scrape.out->unread_bytes(id) > kUnreadMax) {
    const bool is_stalled = timers_.now() - scrape.took_at >= kPatience;
    if (is_stalled) {
      on_limit_("scrape_stalled");
      scrape.out->cut(id);
    }
    return !is_stalled;
  }
  scrape.took_at = timers_.now();
  const bool is_more = write_piece(scrape.place);
  if (scrape.out->send(id, piece_) == Flow::kDropped) {
    return false;
  }
  if (!is_more) {
    scrape.out->end(id);
  }
  return is_more;
}

void Scrapes::on_due() {
  for (auto at = scrapes_.begin(); at != scrapes_.end();) {
    at = go_on(at->first, at->second) ? std::next(at) : scrapes_.erase(at);
  }
  if (!scrapes_.empty()) {
    timer_->arm(timers_.now() + kBetweenPieces);
  }
}

}  // namespace sidecar
