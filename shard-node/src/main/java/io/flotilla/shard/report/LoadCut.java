package io.flotilla.shard.report;

import com.google.protobuf.ByteString;
import io.flotilla.proto.placement.LoadReport;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Where a shard is best cut so that each side gets about half of what it is asked, by a sample of
 * the keys. Pure.
 */
final class LoadCut {
  private static final int PERCENT = 100;

  /** Of keys that were asked before a cut, too few may be left to tell. */
  private static final int KEYS_MIN = 32;

  private LoadCut() {}

  /**
   * Of all places, the one whose lesser side is greatest, and the first among equals.
   *
   * @param keys that were asked
   * @param isHere whether a key is in the range still
   * @param slots whether it is only to be cut between two hash slots
   * @return without a rate
   */
  static LoadReport of(List<ByteString> keys, Predicate<ByteString> isHere, boolean slots) {
    List<ByteString> places =
        keys.stream()
            .filter(isHere)
            .map(key -> slots ? Slots.borderBefore(key) : Optional.of(key))
            .flatMap(Optional::stream)
            .sorted(ByteString.unsignedLexicographicalComparator())
            .toList();
    if (places.size() < KEYS_MIN) {
      return LoadReport.getDefaultInstance();
    }
    int best = 0;
    int lesser = 0;
    for (int i = 1; i < places.size(); i++) {
      boolean isPlace = !places.get(i).equals(places.get(i - 1));
      if (isPlace && Math.min(i, places.size() - i) > lesser) {
        best = i;
        lesser = Math.min(i, places.size() - i);
      }
    }
    return LoadReport.newBuilder()
        .setSampled(true)
        .setCut(lesser == 0 ? ByteString.EMPTY : places.get(best))
        .setLesserPercent(PERCENT * lesser / places.size())
        .build();
  }
}
