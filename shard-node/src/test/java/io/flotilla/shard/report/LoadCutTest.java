package io.flotilla.shard.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.flotilla.proto.placement.LoadReport;
import io.flotilla.shard.kv.KeyRange;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoadCutTest {
  private static ByteString bytes(String hex) {
    return ByteString.copyFrom(HexFormat.of().parseHex(hex));
  }

  /** As {@code 01*40 02*60}: so often each, in some order. */
  private static List<ByteString> keys(String counted) {
    List<ByteString> keys = new ArrayList<>();
    for (String each : counted.split(" ", -1)) {
      String[] part = each.split("\\*", -1);
      keys.addAll(Collections.nCopies(Integer.parseInt(part[1]), bytes(part[0])));
    }
    Collections.shuffle(keys, new Random(1));
    return keys;
  }

  @ParameterizedTest
  @CsvSource({
    // keys, slots, cut, percent on the lesser side
    "1001*50 1002*50, false, 1002, 50",
    "1001*40 1002*60, false, 1002, 40",
    "1001*60 1002*40, false, 1002, 40",
    "1001*10 1002*80 1003*10, false, 1002, 10",
    "1001*5 1002*80 1003*15, false, 1003, 15",
    "1001*30 1002*30 1003*40, false, 1003, 40",
    "1001*40 1002*20 1003*40, false, 1002, 40",
    "1001*100, false, '', 0",
    // what is not in the range was asked before a cut
    "0901*500 1001*50 1002*50 2000*900, false, 1002, 50",
    "1000*50 1fff*50, false, 1fff, 50",
    // a slot is its first six bytes
    "00000005100001*50 00000005100002*50, true, '', 0",
    "00000005100001*50 00000005100102*50, true, 000000051001, 50",
    "00000005100001*20 000000051001*30 00000005100107*50, true, 000000051001, 20"
  })
  void isWhereTheLesserSideIsGreatest(String keys, boolean slots, String cut, int percent) {
    KeyRange range =
        slots
            ? new KeyRange(bytes("000000051000"), bytes("000000052000"))
            : new KeyRange(bytes("1000"), bytes("2000"));
    assertThat(LoadCut.of(keys(keys), range::contains, slots))
        .isEqualTo(
            LoadReport.newBuilder()
                .setSampled(true)
                .setCut(bytes(cut))
                .setLesserPercent(percent)
                .build());
  }

  @Test
  void tooFewKeysSayNothing() {
    KeyRange range = new KeyRange(bytes("1000"), bytes("2000"));
    assertThat(LoadCut.of(List.of(), range::contains, false).getSampled()).isFalse();
    assertThat(LoadCut.of(keys("1001*15 1002*16 3000*900"), range::contains, false).getSampled())
        .isFalse();
    assertThat(LoadCut.of(keys("1001*16 1002*16"), range::contains, false).getSampled()).isTrue();
  }

  @Test
  void whatIsSpreadIsCutNearItsMiddle() {
    Random random = new Random(1);
    List<ByteString> keys = new ArrayList<>();
    for (int i = 0; i < 128; i++) {
      byte[] key = new byte[8];
      random.nextBytes(key);
      keys.add(ByteString.copyFrom(key));
    }
    LoadReport load =
        LoadCut.of(keys, new KeyRange(ByteString.EMPTY, ByteString.EMPTY)::contains, false);
    assertThat(load.getLesserPercent()).isEqualTo(50);
    assertThat(load.getCut().byteAt(0) & 0xff).isBetween(100, 156);
  }
}
