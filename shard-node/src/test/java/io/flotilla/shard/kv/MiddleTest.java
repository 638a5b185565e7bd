package io.flotilla.shard.kv;

import static io.flotilla.shard.kv.ShardUnderTest.entry;
import static io.flotilla.shard.kv.ShardUnderTest.key;
import static io.flotilla.shard.kv.ShardUnderTest.write;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.WriteEntry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a shard is best cut. The shard is "b" up to "y". */
class MiddleTest {
  private static final int MANY = 20_000;

  @TempDir Path directory;
  private ShardUnderTest shard;
  private long seq;

  @BeforeEach
  void open() throws Exception {
    shard = new ShardUnderTest(directory);
  }

  @AfterEach
  void close() throws Exception {
    shard.close();
  }

  private String middle() throws Exception {
    return shard.machine.middle().orElseThrow().substring(4).toStringUtf8();
  }

  private void put(String key, int bytes) throws Exception {
    shard.run(++seq, Operations.put(key, "v".repeat(bytes)));
  }

  @Test
  void ofFewRecordsItIsExact() throws Exception {
    put("c", 10);
    put("d", 10);
    put("e", 10);
    put("f", 10);
    assertThat(middle()).isEqualTo("e");
    put("x", 1000);
    assertThat(middle()).as("by bytes").isEqualTo("x");
    put("b", 10_000);
    assertThat(middle()).as("never the first").isEqualTo("c");
  }

  @Test
  void ofLessThanTwoItIsThatOfTheRange() throws Exception {
    ByteString ofNothing = shard.machine.middle().orElseThrow();
    assertThat(ofNothing).isEqualTo(Middle.between(key("b"), key("y")).orElseThrow());
    put("c", 10);
    assertThat(shard.machine.middle()).hasValue(ofNothing);
  }

  /** Whether the data is still in memory or not. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void ofManyItIsEstimated(boolean flushed) throws Exception {
    for (int from = 0; from < MANY; from += 1000) {
      WriteEntry.Builder entry = entry(1, ++seq);
      for (int i = from; i < from + 1000; i++) {
        // Far more of them begin with c than with any other letter.
        String key = (i % 10 < 7 ? "c" : String.valueOf((char) ('d' + i % 17))) + "%06d";
        entry.addWrites(write(seq++, Operations.put(key.formatted(i), "v".repeat(300))));
      }
      shard.run(entry);
    }
    if (flushed) {
      shard.store.flush();
    }
    ByteString at = shard.machine.middle().orElseThrow();
    long left = count(key("b"), at);
    assertThat(left).isBetween(MANY / 4L, MANY * 3L / 4);
    assertThat(left + count(at, key("y"))).isEqualTo(MANY);
  }

  private long count(ByteString from, ByteString to) throws Exception {
    KvReads.Scan scan =
        new KvReads.Scan(new KeyRange(from, to), false, 1, 1, false, true, Long.MAX_VALUE);
    return shard.machine.reads(ShardUnderTest.VERSION).scan(scan).getCount();
  }

  @ParameterizedTest
  @CsvSource({
    "'', '', \u0080",
    "a, c, b",
    "a, b, a\u0080",
    "ab, ad, ac",
    "a, '', \u00b0\u0080",
    "abc, abcd, 'abc2'",
    "'', a, 0\u0080"
  })
  void betweenTwoKeysIsHalfWay(String low, String high, String middle) {
    assertThat(Middle.between(bytes(low), bytes(high))).hasValue(bytes(middle));
  }

  @Test
  void betweenNeighboursIsNothing() {
    assertThat(Middle.between(bytes("a"), bytes("a\0"))).isEmpty();
    assertThat(Middle.between(bytes("a"), bytes("a"))).isEmpty();
    ByteString ends = bytes("\u00ff".repeat(9));
    assertThat(Middle.between(ends, ByteString.EMPTY)).isEqualTo(Optional.empty());
  }

  private static ByteString bytes(String latin) {
    return ByteString.copyFrom(latin, StandardCharsets.ISO_8859_1);
  }
}
