package io.flotilla.deploy.whole;

import static io.flotilla.deploy.whole.ShardLab.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.history.Outcome;
import io.flotilla.raft.history.Value;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** All clerks of a {@link ShardLab}, and what the course has them do together. One thread. */
final class ShardClerks {
  /** An election, and what it takes to be told of where a shard is. */
  private static final long CALL_MICROS = 20 * SECOND;

  /** Where there is a leader, and the caller knows it. */
  private static final long PROMPT_MICROS = SECOND / 10;

  private final ShardLab lab;
  private final List<ShardClerk> clerks;

  ShardClerks(ShardLab lab, List<ShardClerk> clerks) {
    this.lab = lab;
    this.clerks = clerks;
  }

  List<ShardClerk> all() {
    return clerks;
  }

  /** One writes so many keys. */
  void putAll(int keys, String value) {
    awaitAll(keys, key -> lab.clerk().put(key, value + key));
  }

  /** Each key holds what was written, and gets longer. */
  void checkAndAppend(int keys, String suffix) {
    checkAll(keys);
    awaitAll(keys, key -> lab.clerk().append(key, suffix));
  }

  private void awaitAll(int keys, IntFunction<CompletableFuture<Outcome>> call) {
    IntStream.range(0, keys).mapToObj(call).toList().forEach(told -> lab.await(told, CALL_MICROS));
  }

  /** Each key holds what was written by the one clerk that ever wrote to it. */
  void checkAll(int keys) {
    getAll(keys).forEach((key, get) -> checkIs(key, lab.await(get, CALL_MICROS)));
  }

  /** The same of some keys, at once, whatever other calls hang. */
  void checkPrompt(List<Integer> keys) {
    keys.forEach(key -> checkIs(key, lab.await(lab.clerk().get(key), PROMPT_MICROS)));
  }

  /** Begins to read so many keys. */
  Map<Integer, CompletableFuture<Outcome>> getAll(int keys) {
    Map<Integer, CompletableFuture<Outcome>> gets = new TreeMap<>();
    IntStream.range(0, keys).forEach(key -> gets.put(key, lab.clerk().get(key)));
    return gets;
  }

  void checkIs(int key, Outcome told) {
    String written =
        clerks.stream()
            .map(clerk -> clerk.written(key))
            .filter(text -> !text.isEmpty())
            .findFirst()
            .orElseThrow();
    assertThat(told).as("key %d", key).isEqualTo(new Outcome.Saw(Value.of(written)));
  }

  /** Each key is appended to again and again, by one of them. */
  void keepAppending(int keys) {
    IntStream.range(0, keys).forEach(key -> clerks.get(key % clerks.size()).keepAppending(key));
  }

  /** All of them read and write any of these keys. */
  void keepBusy(int keys) {
    clerks.forEach(clerk -> clerk.keepBusy(keys));
  }

  /** Each has ended so many calls more before long. */
  void checkTheyGoOn(int calls) {
    lab.whole().awaitMore("clerks go on", CALL_MICROS, clerks, ShardClerk::finished, calls);
  }

  /** Ends their endless work. */
  void stop() {
    clerks.forEach(ShardClerk::stop);
    lab.await("calls end", CALL_MICROS, () -> clerks.stream().allMatch(ShardClerk::isIdle));
  }
}
