package io.flotilla.router.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.Entry;
import io.flotilla.router.client.Page;
import io.flotilla.router.client.ReadOptions;
import io.flotilla.router.client.Scan;
import io.flotilla.router.client.SyncKvClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "scan", description = "Prints keys and values in their order, or counts them.")
final class ScanCommand implements Callable<Integer> {
  private static final int SHOWN_MAX = 60;

  @Mixin private ClusterOptions cluster;
  @Mixin private OutputOptions output;
  @Mixin private KeyOptions keys;
  @Mixin private ReadLevelOptions reads;

  @Option(names = "--prefix", paramLabel = "TEXT", description = "Only keys that begin so.")
  private @Nullable String prefix;

  @Option(names = "--start", paramLabel = "KEY", description = "From this key on.")
  private @Nullable String start;

  @Option(names = "--end", paramLabel = "KEY", description = "Up to, without, this key.")
  private @Nullable String end;

  @Option(names = "--reverse", description = "From the end downwards.")
  private boolean reverse;

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "100",
      description = "Most entries to print. Default: ${DEFAULT-VALUE}.")
  private int limit;

  @Option(names = "--keys-only", description = "Leave the values out.")
  private boolean keysOnly;

  @Option(names = "--count", description = "Print only the number of keys; ignores --limit.")
  private boolean count;

  @Option(
      names = "--from",
      paramLabel = "TOKEN",
      description = "Go on where an earlier scan, otherwise the same, has said.")
  private @Nullable String from;

  /** What JSON shows. */
  private record Result(
      List<EntryView> entries,
      @Nullable String next,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Long ageMillis) {}

  /** What JSON shows of a count. */
  private record Count(long count) {}

  @Override
  public Integer call() {
    Scan scan = scan();
    ReadOptions options = reads.options();
    return cluster.run(
        client -> {
          SyncKvClient kv = keys.data(client).withReads(options);
          if (count) {
            printCount(kv.count(scan));
          } else {
            print(fetch(kv, scan));
          }
          return ExitCodes.OK;
        });
  }

  private Scan scan() {
    if (prefix != null && (start != null || end != null)) {
      throw new IllegalArgumentException("--prefix goes with neither --start nor --end");
    }
    Scan scan = Scan.all();
    if (prefix != null) {
      scan = Scan.prefix(keys.read(prefix));
    } else if (start != null || end != null) {
      scan =
          Scan.over(
              new Scan.Keys(
                  Optional.ofNullable(start).map(keys::read),
                  Optional.ofNullable(end).map(keys::read)));
    }
    scan = scan.limit(limit);
    scan = reverse ? scan.reversed() : scan;
    scan = keysOnly ? scan.onlyKeys() : scan;
    return from == null ? scan : scan.from(KeyOptions.read(from, true));
  }

  /** Pages may be short because of their size in bytes; the limit is what was asked for. */
  private Page fetch(SyncKvClient kv, Scan scan) {
    List<Entry> entries = new ArrayList<>();
    Page page = kv.scan(scan);
    entries.addAll(page.entries());
    Optional<Duration> age = page.age();
    while (page.next().isPresent() && entries.size() < limit) {
      page = kv.scan(scan.from(page.next().get()).limit(limit - entries.size()));
      entries.addAll(page.entries());
      age = older(age, page.age());
    }
    return new Page(entries, page.next(), age);
  }

  /** What is not known may be older than anything. */
  private static Optional<Duration> older(Optional<Duration> one, Optional<Duration> other) {
    return one.flatMap(a -> other.map(b -> a.compareTo(b) > 0 ? a : b));
  }

  private void print(Page page) {
    if (output.json()) {
      List<EntryView> views =
          page.entries().stream()
              .map(entry -> EntryView.of(entry.key(), keysOnly ? null : entry.value(), keys))
              .toList();
      output.print(
          new Result(
              views,
              page.next().map(Bytes::asHex).orElse(null),
              page.age().map(Duration::toMillis).orElse(null)));
      return;
    }
    if (keysOnly) {
      page.entries().forEach(entry -> output.out().println(keys.show(entry.key())));
    } else {
      Table table = new Table("KEY", "VALUE");
      page.entries().forEach(entry -> table.row(keys.show(entry.key()), shown(entry.value())));
      output.print(table);
    }
    reads.tellAge(page.age(), output);
    page.next().ifPresent(next -> output.err().println("flotilla: more: --from " + next.asHex()));
  }

  private String shown(Bytes value) {
    String text = keys.show(value);
    return text.length() <= SHOWN_MAX
        ? text
        : text.substring(0, SHOWN_MAX) + "... (" + value.length() + " bytes)";
  }

  private void printCount(long keyCount) {
    if (output.json()) {
      output.print(new Count(keyCount));
    } else {
      output.out().println(keyCount);
    }
  }
}
