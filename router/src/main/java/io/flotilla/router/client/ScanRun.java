package io.flotilla.router.client;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.KeyValue;
import io.flotilla.proto.kv.ScanReply;
import io.flotilla.router.map.KeyCodec;
import io.flotilla.router.map.Route;
import io.flotilla.rpc.ErrorCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * One page of a scan, or a count: shard after shard, until the page is full or the range ends. Used
 * by one thread at a time, the one that brings the last shard's answer.
 */
final class ScanRun {
  /** A page ends here, whatever its limit: values may be large. */
  private static final int PAGE_BYTES_MAX = 4 << 20;

  private final Dispatcher dispatcher;
  private final KeyCodec codec;
  private final Scan scan;
  private final ReadOptions options;
  private final long deadlineNanos;
  private final List<Entry> entries = new ArrayList<>();
  private final List<Optional<Duration>> ages = new ArrayList<>();
  private int bytes;
  private long count;

  /** What is left, in encoded keys; an empty end has no bound. */
  private ByteString start;

  private ByteString end;
  private boolean finished;

  ScanRun(
      Dispatcher dispatcher, KeyCodec codec, Scan scan, ReadOptions options, long deadlineNanos) {
    this.dispatcher = dispatcher;
    this.codec = codec;
    this.scan = scan;
    this.options = options;
    this.deadlineNanos = deadlineNanos;
    this.start = codec.start();
    this.end = codec.end();
    narrow(scan.range());
    scan.from().ifPresent(from -> moveTo(codec.withKeyspace(from.byteString())));
    finish();
  }

  CompletableFuture<Page> page() {
    CompletableFuture<Page> page = new CompletableFuture<>();
    fill(page);
    return page;
  }

  CompletableFuture<Long> count() {
    CompletableFuture<Long> counted = new CompletableFuture<>();
    countOn(counted);
    return counted;
  }

  private void fill(CompletableFuture<Page> page) {
    if (finished || entries.size() >= scan.limit() || bytes >= PAGE_BYTES_MAX) {
      ByteString next = scan.reverse() ? end : start;
      page.complete(
          new Page(
              entries,
              finished ? Optional.empty() : Optional.of(Bytes.of(codec.withoutKeyspace(next))),
              age()));
      return;
    }
    ask(
        new PendingScan.Shape(
            scan.reverse(), scan.limit() - entries.size(), scan.keysOnly(), false, options),
        page,
        reply -> {
          ages.add(
              reply.hasAgeMillis()
                  ? Optional.of(Duration.ofMillis(reply.getAgeMillis()))
                  : Optional.empty());
          for (KeyValue pair : reply.getPairsList()) {
            entries.add(
                new Entry(Bytes.of(codec.decode(pair.getKey())), Bytes.of(pair.getValue())));
            bytes += pair.getKey().size() + pair.getValue().size();
          }
          fill(page);
        });
  }

  /** That of the oldest state; one that is not known may be older. */
  private Optional<Duration> age() {
    boolean allKnown = ages.stream().allMatch(Optional::isPresent);
    return allKnown
        ? ages.stream().flatMap(Optional::stream).max(Duration::compareTo)
        : Optional.empty();
  }

  private void countOn(CompletableFuture<Long> counted) {
    if (finished) {
      counted.complete(count);
      return;
    }
    ask(
        new PendingScan.Shape(scan.reverse(), 0, true, true, options),
        counted,
        reply -> {
          count += reply.getCount();
          countOn(counted);
        });
  }

  private void ask(
      PendingScan.Shape shape,
      CompletableFuture<?> answer,
      java.util.function.Consumer<ScanReply> then) {
    Answers.then(
        dispatcher.begin(new PendingScan(start, end, shape, deadlineNanos)),
        answer,
        part -> {
          advance(part.route(), part.reply());
          then.accept(part.reply());
        });
  }

  /** Leaves behind what this shard has answered. */
  private void advance(Route route, ScanReply reply) {
    if (reply.getMore()) {
      moveTo(reply.getNext());
    } else if (scan.reverse()) {
      finished = route.start().isEmpty();
      moveTo(route.start());
    } else {
      finished = route.end().isEmpty();
      moveTo(route.end());
    }
    finish();
  }

  private void moveTo(ByteString position) {
    if (scan.reverse()) {
      end = position;
    } else {
      start = position;
    }
  }

  private void finish() {
    finished |= !end.isEmpty() && Route.compare(start, end) >= 0;
  }

  private void narrow(Scan.Range range) {
    if (range instanceof Scan.Keys keys) {
      refuseIfHashed("between two keys");
      start = keys.start().map(key -> codec.encode(key.byteString())).orElse(start);
      end = keys.end().map(key -> codec.encode(key.byteString())).orElse(end);
    } else if (range instanceof Scan.Prefix prefix) {
      refuseIfHashed("by prefix");
      if (!prefix.prefix().isEmpty()) {
        start = codec.encode(prefix.prefix().byteString());
        end = KeyCodec.afterPrefix(start);
      }
    } else if (range instanceof Scan.Slots slots) {
      if (!codec.hashed()) {
        throw new KvException(
            ErrorCode.INVALID_REQUEST, "a range keyspace has no slots to scan by");
      }
      start = codec.slotStart(slots.start());
      end = codec.slotStart(slots.end());
    }
  }

  private void refuseIfHashed(String how) {
    if (codec.hashed()) {
      throw new KvException(
          ErrorCode.INVALID_REQUEST,
          "a hash keyspace cannot be scanned "
              + how
              + ": its keys lie in the order of their slots");
    }
  }
}
