package io.flotilla.shard.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.flotilla.raft.port.StorageException;
import io.flotilla.shard.kv.Extents.Extent;
import io.flotilla.shard.kv.Holdings.Holding;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExtentsTest {
  private static final Extents SOME =
      new Extents(List.of(extent(1, "b", "f"), extent(2, "f", "p"), extent(1, "p", "")));

  private static KeyRange range(String from, String to) {
    return new KeyRange(ByteString.copyFromUtf8(from), ByteString.copyFromUtf8(to));
  }

  private static Extent extent(long generation, String from, String to) {
    return new Extent(generation, range(from, to));
  }

  private static Extents of(Extent... all) {
    return new Extents(Arrays.asList(all));
  }

  @Test
  void eachKeyIsInOneOfThem() {
    assertThat(List.of("b", "ez", "f", "oz", "p", "zz"))
        .extracting(key -> SOME.generationOf(ByteString.copyFromUtf8(key)))
        .containsExactly(1L, 1L, 2L, 2L, 1L, 1L);
    assertThat(SOME.range()).isEqualTo(range("b", ""));
  }

  @Test
  void aRangeHasItsPartOfThem() {
    assertThat(SOME.within(range("c", "q")))
        .isEqualTo(of(extent(1, "c", "f"), extent(2, "f", "p"), extent(1, "p", "q")));
    assertThat(SOME.within(range("f", "p"))).isEqualTo(of(extent(2, "f", "p")));
    assertThat(SOME.within(range("q", ""))).isEqualTo(of(extent(1, "q", "")));
    assertThat(SOME.within(range("", "b")).all()).isEmpty();
    assertThat(SOME.holds(2, range("o", "z"))).isTrue();
    assertThat(SOME.holds(2, range("p", "z"))).isFalse();
    assertThat(SOME.holds(3, range("", ""))).isFalse();
  }

  @Test
  void whatWasPartedIsOneAgain() {
    KeyRange all = range("b", "");
    Extents left = SOME.within(range("b", "h"));
    Extents right = SOME.within(range("h", ""));
    assertThat(left.and(right)).isEqualTo(SOME);
    assertThat(Extents.of(1, range("b", "h")).and(Extents.of(1, range("h", ""))))
        .isEqualTo(Extents.of(1, all));
    assertThat(Extents.of(1, all).isOnlyIn(1)).isTrue();
    assertThat(Extents.of(1, all).isOnlyIn(2)).isFalse();
    assertThat(SOME.isOnlyIn(1)).isFalse();
  }

  @Test
  void whatOthersHaveIsLeftOut() {
    assertThat(SOME.without(SOME).all()).isEmpty();
    assertThat(SOME.without(of(extent(2, "b", ""))))
        .isEqualTo(of(SOME.all().get(0), SOME.all().get(2)));
    assertThat(SOME.without(of(extent(1, "c", "d"), extent(1, "q", "r"))))
        .isEqualTo(
            of(
                extent(1, "b", "c"),
                extent(1, "d", "f"),
                extent(2, "f", "p"),
                extent(1, "p", "q"),
                extent(1, "r", "")));
    assertThat(SOME.without(of(extent(2, "a", "g"), extent(2, "o", ""))))
        .isEqualTo(of(SOME.all().get(0), extent(2, "g", "o"), SOME.all().get(2)));
    assertThat(SOME.without(of(extent(3, "", "")))).isEqualTo(SOME);
  }

  @Test
  void areReadAsTheyWereWritten() throws Exception {
    assertThat(Extents.decode(SOME.encode(), SOME.range())).isEqualTo(SOME);
  }

  @Test
  void areRefusedUnlessTheyAreTheRange() {
    byte[] written = SOME.encode();
    assertDamaged(written, range("a", ""), "there is a gap between the extents of a shard");
    assertDamaged(written, range("b", "z"), "the extents of a shard are not all of its range");
    assertDamaged(new byte[0], range("b", ""), "the extents of a shard are not all of its range");
    assertDamaged(
        of(extent(1, "b", "f"), extent(2, "g", "")).encode(),
        range("b", ""),
        "there is a gap between the extents of a shard");
    assertDamaged(
        of(extent(1, "b", ""), extent(2, "", "")).encode(),
        range("b", ""),
        "there is a gap between the extents of a shard");
    for (int bytes = 1; bytes < Long.BYTES + Integer.BYTES + 1; bytes++) {
      assertDamaged(
          Arrays.copyOf(written, bytes), range("b", ""), "the extents of a shard are damaged");
    }
  }

  private static void assertDamaged(byte[] written, KeyRange range, String why) {
    assertThatThrownBy(() -> Extents.decode(written, range))
        .isInstanceOf(StorageException.class)
        .hasMessage(why);
  }

  @Test
  void whoLeavesLearnsWhatNobodyElseHas() {
    Holdings holdings = new Holdings();
    Holding source = new Holding(2, 8, Extents.of(2, range("f", "p")));
    Holding target = new Holding(1, 7, Extents.of(1, range("b", "f")));
    Holding united = new Holding(1, 7, target.extents().and(source.extents()));
    holdings.hold(source);
    holdings.hold(target);
    assertThat(holdings.absorb(united, source)).isTrue();
    assertThat(holdings.of(8)).containsExactly(source);
    assertThat(holdings.of(7)).containsExactly(united);
    holdings.hold(new Holding(1, 7, united.extents().within(range("b", "h"))));
    assertThat(holdings.release(source)).isEqualTo(Extents.of(2, range("h", "p")));
    assertThat(holdings.release(source)).as("again").isEqualTo(Extents.of(2, range("h", "p")));
    assertThat(holdings.absorb(united, source)).as("it has left").isFalse();
    assertThat(holdings.of(8)).isEmpty();
  }
}
