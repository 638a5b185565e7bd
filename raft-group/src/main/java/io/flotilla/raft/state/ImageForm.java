package io.flotilla.raft.state;

import io.flotilla.raft.port.ImageException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What an image's files hold: a first record that names the form, the records of one owner under
 * {@link #NO_GENERATION}, and a last one that says how many there were. Owners' keys are between
 * the two: a letter follows the generation.
 */
final class ImageForm {
  static final long FILE_BYTES = 32L << 20;
  static final long NO_GENERATION = 0;
  private static final int FORMAT = 1;
  private static final byte[] FIRST_KEY = key((byte) 0);
  private static final byte[] LAST_KEY = key((byte) 0xff);

  private ImageForm() {}

  static void writeFirst(SstFiles to) throws ImageException {
    to.put(FIRST_KEY, ByteBuffer.allocate(Integer.BYTES).putInt(FORMAT).array());
  }

  static void writeLast(SstFiles to, long records) throws ImageException {
    to.put(LAST_KEY, ByteBuffer.allocate(Long.BYTES).putLong(records).array());
  }

  static boolean isLast(byte[] key) {
    return Arrays.equals(key, LAST_KEY);
  }

  static void checkFirst(byte[] key, byte[] value) throws ImageException {
    if (!Arrays.equals(key, FIRST_KEY) || value.length != Integer.BYTES) {
      throw new ImageException("it does not begin like an image");
    }
    int format = ByteBuffer.wrap(value).getInt();
    if (format != FORMAT) {
      throw new ImageException("it has format " + format + "; this version reads " + FORMAT);
    }
  }

  static void checkLast(byte[] value, long records) throws ImageException {
    if (value.length != Long.BYTES || ByteBuffer.wrap(value).getLong() != records) {
      throw new ImageException("it had another number of records than " + records);
    }
  }

  private static byte[] key(byte kind) {
    return ByteBuffer.allocate(Long.BYTES + 1).putLong(NO_GENERATION).put(kind).array();
  }
}
