package io.flotilla.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The table, as callers read it. */
class ErrorCodeTest {
  private static Set<ErrorCode> codes(Predicate<ErrorCode> which) {
    return Arrays.stream(ErrorCode.values()).filter(which).collect(Collectors.toSet());
  }

  @Test
  void whatIsFinal() {
    assertThat(codes(code -> !code.isPassing()))
        .isEqualTo(
            EnumSet.of(
                ErrorCode.INVALID_REQUEST,
                ErrorCode.CONFLICT,
                ErrorCode.NOT_FOUND,
                ErrorCode.SESSION_EXPIRED,
                ErrorCode.INTERNAL,
                ErrorCode.REMOVED));
  }

  @Test
  void whatLeavesTheOutcomeUnknown() {
    assertThat(codes(ErrorCode::outcomeUnknown))
        .isEqualTo(EnumSet.of(ErrorCode.UNKNOWN_OUTCOME, ErrorCode.SESSION_EXPIRED));
  }

  @Test
  void numbersFindTheirCodes() {
    assertThat(ErrorCode.values()).allMatch(code -> ErrorCode.of(code.number()) == code);
    assertThat(ErrorCode.of(0)).isEqualTo(ErrorCode.INTERNAL);
    assertThat(ErrorCode.of(99)).isEqualTo(ErrorCode.INTERNAL);
  }
}
