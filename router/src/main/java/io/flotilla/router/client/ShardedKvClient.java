package io.flotilla.router.client;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.Operation;
import io.flotilla.proto.kv.Result;
import io.flotilla.proto.map.Keyspace;
import io.flotilla.router.map.KeyCodec;
import io.flotilla.rpc.ErrorCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;

/** A keyspace whose operations go to the shards of a cluster. */
final class ShardedKvClient implements KvClient {
  private static final int BATCH_BYTES_MAX = 4 << 20;

  private final String name;
  private final Duration timeout;
  private final ReadOptions reads;
  private final Dispatcher dispatcher;
  private final Keyspaces keyspaces;
  private final LimitsConfig limits;

  ShardedKvClient(
      String name,
      Duration timeout,
      ReadOptions reads,
      Dispatcher dispatcher,
      Keyspaces keyspaces) {
    this.name = name;
    this.timeout = timeout;
    this.reads = reads;
    this.dispatcher = dispatcher;
    this.keyspaces = keyspaces;
    this.limits = dispatcher.config().limits();
  }

  @Override
  public String keyspace() {
    return name;
  }

  @Override
  public KvClient withTimeout(Duration newTimeout) {
    ClientConfig.require(
        newTimeout.toNanos() > 0, "timeout of a call", newTimeout, "more than nothing");
    return new ShardedKvClient(name, newTimeout, reads, dispatcher, keyspaces);
  }

  @Override
  public KvClient withReads(ReadOptions options) {
    return new ShardedKvClient(name, timeout, options, dispatcher, keyspaces);
  }

  @Override
  public CompletableFuture<Optional<Bytes>> get(Bytes key) {
    return read(key, Reading::value);
  }

  @Override
  public CompletableFuture<Reading> read(Bytes key) {
    return read(key, Function.identity());
  }

  private <T> CompletableFuture<T> read(Bytes key, Function<Reading, T> decode) {
    return begin(
        (codec, deadline) -> {
          Operations.checkKey(key, limits);
          return new PendingRead<>(codec.encode(key.byteString()), deadline, reads, decode);
        });
  }

  @Override
  public CompletableFuture<Map<Bytes, Bytes>> getAll(Collection<Bytes> keys) {
    List<Bytes> distinct = List.copyOf(new LinkedHashSet<>(keys));
    return gather(
        Answers.all(each(distinct, this::get)),
        values -> {
          Map<Bytes, Bytes> present = new LinkedHashMap<>();
          for (int i = 0; i < distinct.size(); i++) {
            Bytes key = distinct.get(i);
            values.get(i).ifPresent(value -> present.put(key, value));
          }
          return present;
        });
  }

  @Override
  public CompletableFuture<PutResult> put(Bytes key, Bytes value, PutOptions options) {
    return write(Mutation.put(key, value, options), Operations::putResult);
  }

  @Override
  public CompletableFuture<Void> put(Bytes key, Bytes value) {
    return write(Mutation.put(key, value), Operations::nothing);
  }

  @Override
  public CompletableFuture<Boolean> putIfAbsent(Bytes key, Bytes value) {
    return write(
        Mutation.put(key, value, PutOptions.DEFAULT.when(Condition.IF_ABSENT)),
        Operations::succeeded);
  }

  @Override
  public CompletableFuture<Boolean> putIfPresent(Bytes key, Bytes value) {
    return write(
        Mutation.put(key, value, PutOptions.DEFAULT.when(Condition.IF_PRESENT)),
        Operations::succeeded);
  }

  @Override
  public CompletableFuture<Optional<Bytes>> getAndPut(Bytes key, Bytes value) {
    return write(
        Mutation.put(key, value, PutOptions.DEFAULT.returningPrevious()), Operations::previous);
  }

  @Override
  public CompletableFuture<Boolean> delete(Bytes key) {
    return write(Mutation.delete(key), Result::getExisted);
  }

  @Override
  public CompletableFuture<Optional<Bytes>> getAndDelete(Bytes key) {
    return write(new Mutation.Delete(key, true), Operations::previous);
  }

  @Override
  public CompletableFuture<CasResult> compareAndSet(
      Bytes key, Optional<Bytes> expected, Optional<Bytes> value) {
    return write(Mutation.compareAndSet(key, expected, value), Operations::casResult);
  }

  @Override
  public CompletableFuture<Long> increment(Bytes key, long delta) {
    return write(Mutation.increment(key, delta), Result::getNumber);
  }

  @Override
  public CompletableFuture<Long> append(Bytes key, Bytes suffix) {
    return write(Mutation.append(key, suffix), Result::getNumber);
  }

  @Override
  public CompletableFuture<BatchResult> batch(List<Mutation> mutations) {
    List<Mutation> all = List.copyOf(mutations);
    return begin((codec, deadline) -> pendingBatch(all, codec, deadline));
  }

  @Override
  public CompletableFuture<Void> putAll(Map<Bytes, Bytes> pairs) {
    return gather(
        Answers.allWritten(each(pairs.entrySet(), pair -> put(pair.getKey(), pair.getValue()))),
        written -> null);
  }

  @Override
  public CompletableFuture<Long> deleteAll(Collection<Bytes> keys) {
    return gather(
        Answers.allWritten(each(new LinkedHashSet<>(keys), this::delete)),
        existed -> existed.stream().filter(Boolean::booleanValue).count());
  }

  @Override
  public CompletableFuture<Page> scan(Scan scan) {
    return scanned(
        (codec, deadline) -> new ScanRun(dispatcher, codec, scan, reads, deadline).page());
  }

  @Override
  public CompletableFuture<Void> scanAll(Scan scan, Consumer<Page> onPage) {
    CompletableFuture<Void> ended = new CompletableFuture<>();
    nextPage(scan, onPage, ended);
    return ended;
  }

  private void nextPage(Scan scan, Consumer<Page> onPage, CompletableFuture<Void> ended) {
    Answers.then(
        scan(scan),
        ended,
        page -> {
          onPage.accept(page);
          if (page.next().isPresent()) {
            nextPage(scan.from(page.next().get()), onPage, ended);
          } else {
            ended.complete(null);
          }
        });
  }

  @Override
  public CompletableFuture<Long> count(Scan scan) {
    return scanned(
        (codec, deadline) -> new ScanRun(dispatcher, codec, scan, reads, deadline).count());
  }

  // ---- how an operation begins ----

  private <T> CompletableFuture<T> write(Mutation mutation, Function<Result, T> decode) {
    return begin(
        (codec, deadline) -> {
          Operations.check(mutation, limits);
          return pendingWrite(
              List.of(mutation), codec, deadline, Operations.encode(mutation, codec), decode);
        });
  }

  private PendingWrite<BatchResult> pendingBatch(
      List<Mutation> mutations, KeyCodec codec, long deadline) {
    if (mutations.isEmpty() || mutations.size() > limits.requestOperationsMax()) {
      throw new KvException(
          ErrorCode.INVALID_REQUEST,
          "a batch of "
              + mutations.size()
              + " mutations; allowed are 1 to "
              + limits.requestOperationsMax());
    }
    mutations.forEach(mutation -> Operations.check(mutation, limits));
    long bytes = mutations.stream().mapToLong(Operations::bytes).sum();
    if (bytes > BATCH_BYTES_MAX) {
      throw new KvException(
          ErrorCode.INVALID_REQUEST,
          "a batch of " + bytes + " bytes; allowed are " + BATCH_BYTES_MAX);
    }
    return pendingWrite(
        mutations, codec, deadline, Operations.encode(mutations, codec), Operations::batchResult);
  }

  private static <T> PendingWrite<T> pendingWrite(
      List<Mutation> mutations,
      KeyCodec codec,
      long deadline,
      Operation operation,
      Function<Result, T> decode) {
    int bytes = 0;
    List<ByteString> keys = new ArrayList<>(mutations.size());
    for (Mutation mutation : mutations) {
      bytes += Operations.bytes(mutation);
      keys.add(codec.encode(mutation.key().byteString()));
    }
    return new PendingWrite<>(
        keys.get(0), keys.subList(1, keys.size()), bytes, deadline, operation, decode);
  }

  private <T> CompletableFuture<T> begin(BiFunction<KeyCodec, Long, Pending<T>> make) {
    return withKeyspace((codec, deadline) -> dispatcher.begin(make.apply(codec, deadline)));
  }

  private <T> CompletableFuture<T> scanned(BiFunction<KeyCodec, Long, CompletableFuture<T>> run) {
    return withKeyspace(run);
  }

  /** At once if the map shows the keyspace; refusals become failed answers. */
  private <T> CompletableFuture<T> withKeyspace(
      BiFunction<KeyCodec, Long, CompletableFuture<T>> run) {
    long deadline = dispatcher.nanos() + timeout.toNanos();
    Keyspace known = keyspaces.known(name);
    if (known != null) {
      try {
        return run.apply(KeyCodec.of(known), deadline);
      } catch (KvException refused) {
        return Answers.failed(refused);
      }
    }
    CompletableFuture<T> answer = new CompletableFuture<>();
    Answers.then(
        keyspaces.find(name, timeout.toMillis()),
        answer,
        found -> Answers.relay(run.apply(KeyCodec.of(found), deadline), answer));
    return answer;
  }

  private static <K, T> List<CompletableFuture<T>> each(
      Collection<K> parts, Function<K, CompletableFuture<T>> begin) {
    List<CompletableFuture<T>> answers = new ArrayList<>(parts.size());
    for (K part : parts) {
      answers.add(begin.apply(part));
    }
    return answers;
  }

  private static <T, U> CompletableFuture<U> gather(
      CompletableFuture<List<T>> answers, Function<List<T>, U> combine) {
    CompletableFuture<U> combined = new CompletableFuture<>();
    Answers.then(answers, combined, values -> combined.complete(combine.apply(values)));
    return combined;
  }
}
