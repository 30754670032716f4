// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IClaimHolder} from "../dispute/IClaimHolder.sol";

/// @notice A game that does what a test says, to try the holder's side alone.
contract ScriptedGame {
    IClaimHolder public immutable HOLDER;
    uint256 public constant EXTENSION = 0;
    uint256 public constant longest = 0; // solhint-disable-line const-name-snakecase

    event Opened(IClaimHolder.Terms terms);

    constructor(IClaimHolder holder) {
        HOLDER = holder;
    }

    function open(uint256 claimId) external {
        emit Opened(HOLDER.openDispute(claimId));
    }

    function close(uint256 claimId) external {
        HOLDER.closeDispute(claimId);
    }

    function convict(uint256 claimId, address challenger) external {
        HOLDER.convict(claimId, challenger);
    }

    function reimburse(uint256 claimId, address challenger, uint256 gas) external {
        HOLDER.reimburse(claimId, challenger, gas);
    }
}
