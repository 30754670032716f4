// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDisputeGame} from "./IDisputeGame.sol";

/// @title Treasury
/// @notice The game's money: what each account may withdraw, and who may move for whom. The contract's balance is at all
/// times the sum of credits and of what games that are not over hold.
abstract contract Treasury is IDisputeGame {
    mapping(address account => mapping(address delegate => bool allowed)) private _delegates;

    /// @inheritdoc IDisputeGame
    mapping(address account => uint256 amount) public override credits;

    /// @inheritdoc IDisputeGame
    function withdraw() external override {
        uint256 amount = credits[msg.sender];
        credits[msg.sender] = 0;
        emit Withdrawn(msg.sender, amount);
        _send(msg.sender, amount);
    }

    /// @inheritdoc IDisputeGame
    function setDelegate(address delegate, bool allowed) external override {
        _delegates[msg.sender][delegate] = allowed;
        emit DelegateSet(msg.sender, delegate, allowed);
    }

    /// @dev Whether the sender is the principal or moves for it.
    function _isFor(address principal) internal view returns (bool) {
        return msg.sender == principal || _delegates[principal][msg.sender];
    }

    function _pay(address account, uint256 amount) internal {
        credits[account] += amount;
    }

    /// @dev Nobody has a key to the zero address.
    function _burn(uint256 amount) internal {
        _send(address(0), amount);
    }

    function _send(address to, uint256 amount) private {
        (bool sent, ) = to.call{value: amount}("");
        if (!sent) revert DisputeGame_Transfer(to);
    }
}
