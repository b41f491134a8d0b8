#include "upstream/ipc_channel.h"

#include <utility>

namespace sidecar {

namespace {

/// The queue towards a node has no reader to be considerate of; only queue_max bounds it.
constexpr size_t kQueueMark = size_t{1} << 30;

TextStream::Options text_options(const ProviderOptions& options) {
  TextStream::Options text;
  text.text_bytes_max = options.response_bytes_max;
  text.elements_max = 0;
  return text;
}

}  // namespace

IpcChannel::IpcChannel(Loop& loop, const ProviderOptions& options, uint64_t first_id, uint64_t seed)
    : loop_(loop), options_(options), mux_(loop, {first_id, seed, options.queue_max}, *this) {}

IpcChannel::~IpcChannel() = default;

bool IpcChannel::dial() {
  auto dialled = Stream::connect(loop_, options_.ipc, kQueueMark, *this);
  if (!dialled.ok()) {
    return false;
  }
  stream_ = std::move(dialled).value();
  texts_.emplace(text_options(options_));
  return true;
}

void IpcChannel::send(std::string_view text) {
  std::string& out = stream_->out();
  out.append(text);
  out += '\n';
  stream_->commit();
}

void IpcChannel::on_stream_connected() {
  mux_.on_link_up();
}

void IpcChannel::on_stream_bytes(std::string_view bytes) {
  texts_->feed(bytes);
  const Stream* stream = stream_.get();
  while (stream_.get() == stream) {
    const TextStream::Step step = texts_->next();
    switch (step.event) {
      case TextStream::Event::kText:
        mux_.on_link_text(step.text, texts_->scanner());
        break;
      case TextStream::Event::kNeedMore:
        return;
      case TextStream::Event::kBadText:
        lose(Outcome::kBadJson, scan_error_text(texts_->scanner().error()));
        return;
      case TextStream::Event::kTooLarge:
        lose(Outcome::kTooLarge, "answer over response_bytes_max");
        return;
    }
  }
}

void IpcChannel::on_stream_eof() {
  lose(Outcome::kClosed, "closed by the node");
}

void IpcChannel::on_stream_failed(std::string_view what) {
  lose(mux_.is_up() ? Outcome::kClosed : Outcome::kConnect, what);
}

void IpcChannel::lose(Outcome outcome, std::string_view detail) {
  stream_.reset();
  Multiplex::Loss loss;
  loss.why.outcome = outcome;
  loss.why.detail = detail;
  mux_.on_link_lost(loss);
}

}  // namespace sidecar
