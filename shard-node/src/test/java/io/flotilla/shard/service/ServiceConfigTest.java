package io.flotilla.shard.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.Operation;
import io.flotilla.proto.kv.Put;
import io.flotilla.proto.kv.Write;
import io.flotilla.proto.kv.WriteEntry;
import io.flotilla.raft.net.NettyTransport;
import io.flotilla.rpc.Hello;
import io.flotilla.rpc.NetThreads;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ServiceConfigTest {
  private static final int REQUEST_BYTES_MOST = (15 << 20) - 1024;

  private static ServiceConfig taking(int requestBytesMax) {
    return new ServiceConfig(4096, 1 << 20, requestBytesMax, 4 << 20, 10_000, 4, 16_384);
  }

  @Test
  void noRequestIsTakenWhoseEntryCouldNotBeSent() {
    taking(REQUEST_BYTES_MOST);
    assertThatIllegalArgumentException().isThrownBy(() -> taking(REQUEST_BYTES_MOST + 1));
    WriteEntry longest =
        WriteEntry.newBuilder()
            .setLogTimeMillis(-1)
            .setVersion(-1)
            .setClientHigh(-1)
            .setClientLow(-1)
            .setAckedBelow(-1)
            .setNotAfterMillis(-1)
            .setValueBytesMax(-1)
            .addWrites(
                Write.newBuilder()
                    .setOperation(
                        Operation.newBuilder()
                            .setPut(
                                Put.newBuilder()
                                    .setValue(ByteString.copyFrom(new byte[REQUEST_BYTES_MOST])))))
            .build();
    try (NetThreads threads = new NetThreads(1, "test");
        NettyTransport transport =
            new NettyTransport(
                threads, new Hello("test", Hello.Role.NODE, 1), node -> Optional.empty())) {
      assertThat(longest.getSerializedSize()).isLessThan(transport.commandBytesMax());
    }
  }
}
