// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Staking} from "../staking/Staking.sol";

/// @notice A market that does as told, to try staking alone.
contract SoloMarket {
    Staking public immutable STAKING;
    address public game;

    constructor(IERC20 token, uint24 unbondingDelaySeconds) {
        STAKING = new Staking(token, address(this), unbondingDelaySeconds, 1000);
    }

    function nameGame(address game_) external {
        game = game_;
    }

    function lock(address operator, bytes32 modelId, uint256 amount, uint40 latestEnd) external {
        STAKING.lock(operator, modelId, amount, latestEnd);
    }

    function unlock(uint32 provider, uint256 amount, uint24 traceSeconds) external {
        STAKING.unlock(provider, amount, traceSeconds);
    }

    function slash(uint32 provider, uint256 amount, uint256 slashed, uint24 traceSeconds) external {
        STAKING.slash(provider, amount, slashed, traceSeconds);
    }
}
