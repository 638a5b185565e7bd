package io.flotilla.shard.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.flotilla.proto.map.Shard;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keyspace 5, of 16384 slots, 3fff is the last. */
class SlotsTest {
  private static ByteString bytes(String hex) {
    return ByteString.copyFrom(HexFormat.of().parseHex(hex));
  }

  @ParameterizedTest
  @CsvSource({
    // start, end, key, border
    "000000051000, 000000052000, 0000000518007a, 000000051800",
    "000000051000, 000000052000, 000000051800, 000000051800",
    "000000051000, 000000052000, 0000000510007a, 000000051001",
    "000000051000, 000000051002, 0000000510017a, 000000051001",
    "000000051000, 000000051001, 0000000510007a, ''",
    "00000005, 00000006, 0000000580, 000000053fff",
    "00000005, 00000006, 0000000500007a, 000000050001",
    "00000005, '', 0000000520007a, 000000052000",
    "000000053fff, 00000006, 000000053fff7a, ''",
    "000000053ffe, 00000006, 000000053ffe7a, 000000053fff",
    "000000053ffe, 000000060000, 000000053ffe7a, 000000053fff",
    "00000005, 000000050001, 0000000500007a, ''"
  })
  void isBetweenTwoSlotsOfTheShard(String start, String end, String key, String border) {
    Shard shard = Shard.newBuilder().setStart(bytes(start)).setEnd(bytes(end)).build();
    assertThat(Slots.borderNear(bytes(key), shard))
        .isEqualTo(border.isEmpty() ? Optional.empty() : Optional.of(bytes(border)));
  }
}
