package io.flotilla.shard.service;

import io.flotilla.shard.kv.Commands;

/**
 * What one node takes on before it says no.
 *
 * @param keyBytesMax longest user's key, in bytes
 * @param valueBytesMax longest value, in bytes
 * @param requestBytesMax longest request, in bytes
 * @param replyBytesMax a longer reply is cut, and the rest asked for again
 * @param scanPairsMax pairs of one page of a scan
 * @param readThreads threads that read the state's disk
 * @param readsQueuedMax reads that wait for one of them; more are refused
 */
public record ServiceConfig(
    int keyBytesMax,
    int valueBytesMax,
    int requestBytesMax,
    int replyBytesMax,
    int scanPairsMax,
    int readThreads,
    int readsQueuedMax) {
  public static final ServiceConfig DEFAULT =
      new ServiceConfig(4096, 1 << 20, 9 << 20, 4 << 20, 10_000, 4, 16_384);

  /** Frames of the protocol have 16 MiB, and the last part of a reply may be a longest value. */
  private static final int FRAME_BYTES = 15 << 20;

  /** What a write becomes on its way into a log and to other nodes is a little longer. */
  private static final int ENTRY_BYTES = 1024;

  public ServiceConfig {
    int keyMost = Commands.KEY_BYTES_MAX - 6;
    require(1, keyBytesMax, keyMost, "limits.key-bytes-max");
    require(1, valueBytesMax, Commands.VALUE_BYTES_MAX, "limits.value-bytes-max");
    require(
        keyBytesMax + valueBytesMax + 1024,
        requestBytesMax,
        FRAME_BYTES - ENTRY_BYTES,
        "limits.request-bytes-max");
    require(1024, replyBytesMax, FRAME_BYTES - valueBytesMax, "limits.reply-bytes-max");
    require(1, scanPairsMax, 1_000_000, "limits.scan-pairs-max");
    require(1, readThreads, 256, "read-threads");
    require(1, readsQueuedMax, 1_000_000, "limits.reads-queued-max");
  }

  private static void require(int least, int value, int most, String name) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          name + " is " + value + "; allowed: " + least + " to " + most);
    }
  }
}
