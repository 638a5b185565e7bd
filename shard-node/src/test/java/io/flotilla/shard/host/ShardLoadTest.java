package io.flotilla.shard.host;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class ShardLoadTest {
  private static final long SECOND = 1_000_000_000L;

  private final Random random = new Random(1);
  private long nowNanos;
  private final ShardLoad load = new ShardLoad(() -> nowNanos, random::nextInt);

  private void second(int operations, String... keys) {
    for (int i = 0; i < operations; i++) {
      load.count(ByteString.copyFromUtf8(keys[random.nextInt(keys.length)]));
    }
    nowNanos += SECOND;
    load.perSecond();
  }

  private long rate() {
    return load.perSecond();
  }

  private long sampled(String key) {
    return load.sampled().stream().filter(ByteString.copyFromUtf8(key)::equals).count();
  }

  @Test
  void theRateFollowsWhatIsAskedWithinSomeTenSeconds() {
    assertThat(rate()).isZero();
    second(1000, "a");
    assertThat(rate()).isBetween(90L, 100L);
    for (int i = 0; i < 60; i++) {
      second(1000, "a");
    }
    assertThat(rate()).isCloseTo(1000, Percentage.withPercentage(1));
    for (int i = 0; i < 10; i++) {
      second(0, "a");
    }
    assertThat(rate()).isBetween(350L, 380L);
    for (int i = 0; i < 120; i++) {
      second(0, "a");
    }
    assertThat(rate()).isZero();
  }

  @Test
  void askedOftenItTellsTheSame() {
    for (int i = 0; i < 60; i++) {
      second(1000, "a");
    }
    long before = rate();
    load.count(List.of(ByteString.EMPTY, ByteString.EMPTY));
    nowNanos += SECOND / 100;
    assertThat(rate()).as("a hundredth of a second says nothing").isEqualTo(before);
  }

  @Test
  void whatIsIdleKeepsNoKeys() {
    for (int i = 0; i < 100; i++) {
      second(50, "a");
    }
    assertThat(load.sampled()).isEmpty();
    for (int i = 0; i < 100; i++) {
      second(1000, "a");
    }
    assertThat(load.sampled()).hasSize(128);
    for (int i = 0; i < 100; i++) {
      second(0, "a");
    }
    assertThat(load.sampled()).isEmpty();
  }

  @Test
  void theSampleIsAsTheOperationsAre() {
    for (int i = 0; i < 100; i++) {
      second(5000, "a", "b", "b", "b");
    }
    assertThat(load.sampled()).hasSize(128);
    assertThat(sampled("b")).as("three quarters of 128").isBetween(80L, 112L);
  }

  @Test
  void whatWasAskedBeforeFades() {
    for (int i = 0; i < 100; i++) {
      second(5000, "a");
    }
    second(5000, "b");
    assertThat(sampled("b")).as("one second is not all").isBetween(3L, 40L);
    for (int i = 0; i < 60; i++) {
      second(5000, "b");
    }
    assertThat(sampled("a")).isLessThan(4);
  }

  @Test
  void halfASampleIsNone() {
    for (int i = 0; i < 20 && load.sampled().isEmpty(); i++) {
      second(2000, "a");
    }
    assertThat(load.sampled()).hasSizeGreaterThanOrEqualTo(64);
  }
}
