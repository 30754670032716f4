// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The one thing that staking asks of its market.
interface IDecided {
    function game() external view returns (address);
}
