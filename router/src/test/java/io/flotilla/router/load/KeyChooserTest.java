package io.flotilla.router.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.ReadOptions;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class KeyChooserTest {
  private static KeyChooser chooser(long keys, boolean zipfian) {
    return new KeyChooser(
        new LoadConfig(
            "default",
            keys,
            16,
            8,
            0,
            ReadOptions.LINEARIZABLE,
            zipfian,
            1,
            Duration.ofSeconds(1),
            0,
            Duration.ZERO,
            false));
  }

  @Test
  void keysDifferAndLieEvenlyOverTheKeySpace() {
    KeyChooser chooser = chooser(16_000, false);
    Set<Bytes> keys = new HashSet<>();
    int[] sixteenths = new int[16];
    for (int i = 0; i < 16_000; i++) {
      Bytes key = chooser.key(i);
      keys.add(key);
      sixteenths[(key.at(0) & 0xff) >> 4]++;
    }
    assertThat(keys).hasSize(16_000);
    for (int count : sixteenths) {
      assertThat(count).isBetween(850, 1_150);
    }
  }

  @Test
  void popularKeysAreAskedForAsOftenAsTheDistributionSays() {
    int keys = 1_000;
    KeyChooser chooser = chooser(keys, true);
    int draws = 1_000_000;
    int[] counts = new int[keys];
    for (int i = 0; i < draws; i++) {
      counts[(int) chooser.zipf((i + 0.5) / draws)]++;
    }
    double zeta = 0;
    for (int i = 1; i <= keys; i++) {
      zeta += 1 / Math.pow(i, 0.99);
    }
    assertThat(counts[0] / (double) draws).isBetween(0.98 / zeta, 1.02 / zeta);
    assertThat(counts[1] / (double) draws).isBetween(0.49 / zeta, 0.52 / zeta);
    assertThat(counts[keys - 1]).isPositive();
  }

  @Test
  void oneKeyIsEnough() {
    assertThat(chooser(1, true).next()).isEqualTo(chooser(1, false).next());
  }
}
