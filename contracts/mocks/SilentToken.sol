// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A token whose transfers return nothing, as some old ones do.
contract SilentToken {
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    error SilentToken_TooLittle();

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
    }

    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external {
        if (allowance[from][msg.sender] < amount) revert SilentToken_TooLittle();
        _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private {
        if (balanceOf[from] < amount) revert SilentToken_TooLittle();
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}
